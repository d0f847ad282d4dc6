import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createSocketServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Problem } from '../../problems/problem.ts';
import { closeServer, listenOnSocket, readBody } from './unix-server.ts';
import { stackOf } from '../../problems/stack.ts';

/** A request as it came: nothing of node:http. */
export type ApiRequest = { readonly method: string; readonly url: string; readonly body: Uint8Array };

/** One JSON value, or a stream of them as server-sent events that ends when `events` returns. */
export type ApiAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'events'; readonly stream: (send: (value: unknown) => void, gone: AbortSignal) => Promise<void> };

/** A JobRequest with a large `.env` is a few hundred kilobytes; nothing legitimate is more. */
const bodyLimitBytes = 1024 * 1024;

const tooLarge: Problem = {
  code: 'bad-arguments',
  summary: 'The request has more than 1 MiB',
  cure: ['Send less: no variable of a site needs that much.'],
};

const notHttp: Problem = {
  code: 'bad-arguments',
  summary: 'The request is not HTTP that can be understood',
  cure: ['Use the `roadie` of the same version as the daemon, or a client such as curl.'],
};

/** Open connections at the same time; each costs memory. */
const connectionLimit = 64;

/**
 * Serves HTTP on a unix socket that only its owner can open (0600): who may connect is who may command.
 * Resolves once it listens; `close` ends open streams.
 */
export async function serveApi(
  path: string,
  handle: (request: ApiRequest) => Promise<ApiAnswer>,
): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(request, response, handle).catch((error: unknown) => {
      // Who has hung up needs no answer.
      if (!request.destroyed) process.stderr.write(`${stackOf(error)}\n`);
      response.destroy();
    });
  });
  // What never becomes a request: Node would answer it without a problem, or not at all.
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    // An answer that has begun cannot be taken back.
    socket.bytesWritten > 0 ? socket.destroy() : refuse(socket, statuses[error.code ?? ''] ?? 400),
  );
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => refuse(socket, 405));
  server.maxConnections = connectionLimit;
  server.requestTimeout = 30_000;
  await listenOnSocket(server, path, 0o600);
  return { close: () => closeServer(server) };
}

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers with a problem where there is no request to answer to, and closes. */
function refuse(socket: Duplex, status: number): void {
  if (!socket.writable) return void socket.destroy();
  const body = `${JSON.stringify({ problems: [notHttp] })}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: ApiRequest) => Promise<ApiAnswer>,
): Promise<void> {
  const body = await readBody(request, bodyLimitBytes);
  const result: ApiAnswer = body
    ? await handle({ method: request.method ?? 'GET', url: request.url ?? '/', body })
    : { kind: 'json', status: 413, value: { problems: [tooLarge] } };
  if (result.kind === 'json') {
    response.writeHead(result.status, { 'content-type': 'application/json' }).end(`${JSON.stringify(result.value)}\n`);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.on('error', () => gone.abort());
  await result.stream((value) => {
    if (!gone.signal.aborted) response.write(`data: ${JSON.stringify(value)}\n\n`);
  }, gone.signal);
  response.end();
}

/**
 * Takes a lock that ends with the process, whatever ends it: an abstract unix socket of that name (unix(7)).
 * Returns false where another process holds it.
 */
export async function holdLock(name: string): Promise<boolean> {
  const server = createSocketServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(`\0${name}`, () => {
      server.unref();
      resolve(true);
    });
  });
}
