import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { callApi, streamApi } from './api-client.ts';
import { type ApiAnswer, type ApiRequest, serveApi } from './api-server.ts';

let folder: string;
let socketPath: string;
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync('/tmp/roadie-api-');
  chmodSync(folder, 0o755);
  socketPath = join(folder, 'roadie.sock');
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(handle: (request: ApiRequest) => Promise<ApiAnswer> | ApiAnswer): Promise<void> {
  const server = await serveApi(socketPath, async (request) => handle(request));
  closing.push(() => server.close());
}

const echo = (request: ApiRequest): ApiAnswer => ({ kind: 'json', status: 200, value: { size: request.body.length } });

describe("the daemon's socket", () => {
  test("is this user's alone, also where one was left that everybody could open", async () => {
    await serve(echo);
    await closing.pop()?.();
    await serve(echo);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  });

  test.runIf(process.getuid?.() === 0)('refuses another user, who needs none to be refused', async () => {
    await serve(echo);
    const python = `import socket\ns = socket.socket(socket.AF_UNIX)\ntry:\n    s.connect(${JSON.stringify(socketPath)})\n    print("in")\nexcept PermissionError:\n    print("refused")`;
    const child = spawn('python3', ['-c', python], {
      uid: 65534,
      gid: 65534,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    expect(said).toBe('refused\n');
  });

  test('takes a megabyte and answers 413 with a problem to more, which the sender gets to read', async () => {
    await serve(echo);
    const send = (size: number): Promise<unknown> =>
      callApi({ socketPath, method: 'POST', path: '/', body: 'x'.repeat(size) });
    expect(await send(1024 * 1024 - 2)).toMatchObject({ status: 200 });
    for (const size of [1024 * 1024 - 1, 10 * 1024 * 1024]) {
      expect(await send(size)).toMatchObject({ status: 413, value: { problems: [{ code: 'bad-arguments' }] } });
    }
    expect(await send(1)).toMatchObject({ status: 200 });
  });

  test('bears callers that hang up in the middle of a request and of an answer', async () => {
    let gone: AbortSignal | undefined;
    await serve((request) =>
      request.url === '/stream'
        ? {
            kind: 'events',
            stream: async (send, signal) => {
              gone = signal;
              send(1);
              await once(signal, 'abort');
              send(2);
            },
          }
        : echo(request),
    );
    const half = connect(socketPath);
    half.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    await once(half, 'connect');
    half.destroy();
    const reply = await streamApi({ socketPath, method: 'GET', path: '/stream' });
    if ('values' in reply) for await (const _ of reply.values) break;
    await expect.poll(() => gone?.aborted).toBe(true);
    expect((await callApi({ socketPath, method: 'GET', path: '/' })).status).toBe(200);
  });

  test.each([
    ['what is not HTTP', 'hello\r\n\r\n', 400],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a chunk without a length', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nz\r\n', 400],
    ['a very long path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n', 405],
  ])('answers %s with a problem', async (_, text, status) => {
    await serve(echo);
    const socket = connect(socketPath);
    socket.setEncoding('utf8').write(text);
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    const [head = '', body = ''] = said.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.parse(body)).toMatchObject({ problems: [{ code: 'bad-arguments' }] });
    expect((await callApi({ socketPath, method: 'GET', path: '/' })).status).toBe(200);
  });

  test('cuts off what comes after a stream has begun and is not HTTP, without a word in between', async () => {
    await serve(() => ({
      kind: 'events',
      stream: async (send, gone) => {
        send('first');
        await once(gone, 'abort');
      },
    }));
    const socket = connect(socketPath);
    socket.setEncoding('utf8').write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    let said = '';
    for await (const chunk of socket) {
      said += String(chunk);
      if (said.includes('first')) socket.write('\0\0\r\n\r\n');
    }
    expect(said).toMatch(/^HTTP\/1\.1 200 /);
    expect(said).not.toContain('problems');
  });
});
