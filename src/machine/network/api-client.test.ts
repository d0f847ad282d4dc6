import { describe, expect, test } from 'vitest';

import { daemon, stream, value } from '../../../test/rig/fake-daemon.ts';
import { callApi, streamApi } from './api-client.ts';

async function collect(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const each of values) all.push(each);
  return all;
}

describe('the transport to the daemon', () => {
  test('gives the status and the JSON of an answer, a refusal too', async () => {
    const { socketPath } = await daemon({});
    expect((await callApi({ socketPath, method: 'GET', path: '/v1/status' })).status).toBe(200);
    expect(await callApi({ socketPath, method: 'GET', path: '/v1/nowhere' })).toMatchObject({
      status: 404,
      value: { problems: [{ code: 'bad-arguments' }] },
    });
  });

  test('puts a stream together again however it is cut, with line ends and any script in the values', async () => {
    const values = Array.from({ length: 500 }, (_, index) => ({ index, text: 'ü\n\ndata: 😀'.repeat(index % 40) }));
    const { socketPath } = await daemon({ events: () => stream(values) });
    const reply = await streamApi({ socketPath, method: 'GET', path: '/v1/events' });
    expect('values' in reply ? await collect(reply.values) : reply).toEqual(values);
  });

  test('ends a stream quietly when it is aborted', async () => {
    const { socketPath } = await daemon({ events: () => stream([1], { open: true }) });
    const ending = new AbortController();
    const reply = await streamApi({ socketPath, method: 'GET', path: '/v1/events', signal: ending.signal });
    const seen: unknown[] = [];
    if ('values' in reply) {
      for await (const each of reply.values) {
        seen.push(each);
        ending.abort();
      }
    }
    expect(seen).toEqual([1]);
  });

  test('sends a body of any script and size', async () => {
    const body = { kind: 'env-set', site: 'boards', values: { A: '€'.repeat(100_000) } };
    const { socketPath, asked } = await daemon({ job: () => value({}) });
    await callApi({ socketPath, method: 'POST', path: '/v1/jobs', body });
    expect(asked[0]?.body).toEqual(body);
  });

  test('where nobody listens says that the daemon is not running', async () => {
    await expect(
      callApi({ socketPath: '/nonexistent/roadie.sock', method: 'GET', path: '/v1/status' }),
    ).rejects.toMatchObject({ problems: [{ code: 'daemon-not-running' }] });
  });
});
