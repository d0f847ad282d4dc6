import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { type EndpointName } from '../../src/contract/endpoints.ts';
import { route, type Route } from '../../src/daemon/router.ts';
import { type ApiAnswer, serveApi } from '../../src/machine/network/api-server.ts';
import type { Problem } from '../../src/problems/problem.ts';
import { status } from './canned.ts';

/** What the fake was asked. */
export type Asked = {
  readonly endpoint: EndpointName;
  readonly parameters: Route['parameters'];
  readonly query: Route['query'];
  readonly body: unknown;
};

export type Answer = (asked: Asked) => ApiAnswer | Promise<ApiAnswer>;

/**
 * The daemon's HTTP side on a real unix socket with the daemon's own router, answering what a test tells it to.
 * `asked` has every request; what has no answer gets status 500.
 */
export async function fakeDaemon(
  answers: Partial<Record<EndpointName, Answer>>,
): Promise<{ readonly socketPath: string; readonly asked: Asked[]; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'roadie-cli-'));
  const socketPath = join(folder, 'roadie.sock');
  const asked: Asked[] = [];
  const server = await serveApi(socketPath, async (request) => {
    const found = route(request);
    if ('status' in found) return refuse(found.status, found.problem);
    const one: Asked = {
      endpoint: found.endpoint,
      parameters: found.parameters,
      query: found.query,
      body: found.body,
    };
    asked.push(one);
    return (
      (await answers[found.endpoint]?.(one)) ??
      refuse(500, { code: 'bug', summary: `no answer for ${found.endpoint}`, cure: ['Give the fake one.'] })
    );
  });
  return {
    socketPath,
    asked,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One JSON value. */
export function value(content: unknown): ApiAnswer {
  return { kind: 'json', status: 200, value: content };
}

/** Values as a stream that ends; with `open` it stays open until the client goes. */
export function stream(values: readonly unknown[], options: { readonly open?: boolean } = {}): ApiAnswer {
  return {
    kind: 'events',
    stream: async (send, gone) => {
      for (const each of values) send(each);
      if (options.open === true)
        await new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
}

export function refuse(status: number, problem: Problem): ApiAnswer {
  return { kind: 'json', status, value: { problems: [problem] } };
}

/** A fake daemon for one test, with a status unless told otherwise; it ends with the test. */
export async function daemon(answers: Partial<Record<EndpointName, Answer>>): ReturnType<typeof fakeDaemon> {
  const made = await fakeDaemon({ status: () => value(status), ...answers });
  onTestFinished(() => made.close());
  return made;
}

/** The last line of a job that went well. */
export function done(result: unknown): unknown {
  return { type: 'job-end', outcome: 'done', result };
}
