import { mkdtempSync, rmSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sampleRecord } from '../../test/rig/samples.ts';
import type { RoadieEvent } from '../contract/events.ts';
import type { ServiceStatus } from '../contract/status.ts';
import { layout } from '../machine/layout.ts';
import { SiteRecords } from '../sites/store.ts';
import type { Daemon } from './handlers.ts';
import type { RunningJob } from './job-runner.ts';
import { respond } from './respond.ts';

const web: ServiceStatus = {
  name: 'web',
  state: 'ready',
  pid: 7,
  since: '2026-01-01T00:00:00.000Z',
  restarts: 0,
  memory_bytes: 1,
  cpu_percent: 0,
};
const past: RoadieEvent = { type: 'note', level: 'info', text: 'past', time: '2026-01-01T00:00:00.000Z' };

let folder: string;
let asked: unknown[];
let running: RunningJob | undefined;
let daemon: Daemon;

beforeEach(async () => {
  folder = mkdtempSync('/tmp/roadie-handlers-');
  asked = [];
  running = undefined;
  const records = new SiteRecords(layout(folder, folder));
  await records.write(forum);
  const ask =
    (name: string) =>
    (...given: readonly unknown[]): Promise<never[]> => {
      asked.push([name, ...given.filter((each) => each !== undefined)]);
      return Promise.resolve([]);
    };
  daemon = {
    schedule: { table: () => [] },
    notEnforced: [],
    version: '1.2.3',
    layout: layout(folder, folder),
    records,
    supervisor: {
      status: () => [{ group: 'forum', services: [web] }],
      openPorts: () => [],
      serviceLogs: () => [],
      start: ask('start'),
      stop: ask('stop'),
      restart: ask('restart'),
      reconcile: async (spec, options) => {
        await ask('reconcile')(spec, options?.isNew);
        return { changed: [] };
      },
      reload: ask('reload'),
      forget: ask('forget'),
    },
    events: { last: () => Promise.resolve([past]), follow: () => Promise.resolve() },
    jobs: {
      get running() {
        return running;
      },
      runningOn: () => running,
      busy: () => (running ? { code: 'busy', summary: 'busy', cure: ['Wait.'] } : undefined),
      run: (request, send) => {
        asked.push(['job', request]);
        const end = { type: 'job-end', outcome: 'done', result: {} } as const;
        send?.(end);
        return Promise.resolve(end);
      },
    },
    watching: { statusOf: () => undefined },
    bake: { viewOf: () => undefined, alarmOf: () => undefined },
    stop: (services) => asked.push(['stop daemon', services]),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const forum = sampleRecord();

/** An answer as its caller gets it: the JSON with its status, or all that was streamed. */
async function call(method: string, url: string, body = ''): Promise<unknown> {
  const answer = await respond({ method, url, body: Buffer.from(body) }, daemon);
  if (answer.kind === 'json') return { status: answer.status, value: answer.value };
  const sent: unknown[] = [];
  await answer.stream((value) => sent.push(value), new AbortController().signal);
  return sent;
}

describe('what the daemon answers', () => {
  test('its status has every site with its services', async () => {
    expect(await call('GET', '/v1/status')).toMatchObject({
      status: 200,
      value: {
        daemon: { pid: process.pid, version: '1.2.3' },
        sites: [{ name: 'forum', state: 'live', services: [web] }],
      },
    });
  });

  test('past events are streamed, and the stream ends where nobody follows', async () => {
    expect(await call('GET', '/v1/events')).toEqual([past]);
  });

  test.each(['start', 'stop', 'restart'])(
    '%s goes to the supervisor, for a site or one service of it',
    async (action) => {
      await call('POST', `/v1/sites/forum/${action}`);
      await call('POST', `/v1/sites/forum/${action}?service=web`);
      expect(asked).toEqual([
        [action, 'forum'],
        [action, 'forum', 'web'],
      ]);
    },
  );

  test('an unknown site or service is a problem that names those there are, and nothing is done', async () => {
    expect(await call('POST', '/v1/sites/forun/stop')).toMatchObject({
      status: 404,
      value: { problems: [{ code: 'unknown-site', detail: 'There are: forum' }] },
    });
    expect(await call('POST', '/v1/sites/forum/stop?service=worker')).toMatchObject({
      status: 404,
      value: { problems: [{ code: 'unknown-service', detail: 'It has: web' }] },
    });
    expect(asked).toEqual([]);
  });

  test('reconcile hands the group of the record to the supervisor, and makes none of an invented name', async () => {
    await call('POST', '/v1/groups/forum/reconcile');
    await call('POST', '/v1/groups/gone/reconcile');
    expect(asked).toMatchObject([
      ['reconcile', forum.group, false],
      ['forget', 'gone'],
    ]);
  });

  test('reconcile says which group has never served', async () => {
    const { release: _, ...rest } = forum;
    await daemon.records.write(rest);
    await call('POST', '/v1/groups/forum/reconcile');
    expect(asked).toEqual([['reconcile', forum.group, true]]);
  });

  test('ending the daemon leaves the services, unless they are named', async () => {
    await call('POST', '/v1/daemon/stop');
    await call('POST', '/v1/daemon/stop?services=1');
    expect(asked).toEqual([
      ['stop daemon', false],
      ['stop daemon', true],
    ]);
  });
});

describe('an operation', () => {
  const deploy = JSON.stringify({ kind: 'deploy', site: 'forum' });

  test('is run and streamed to its end', async () => {
    expect(await call('POST', '/v1/jobs', deploy)).toMatchObject([{ type: 'job-end' }]);
    expect(asked).toEqual([['job', { kind: 'deploy', site: 'forum' }]]);
  });

  test('meets 409 while another runs, and waits for it where it is told to', async () => {
    running = { id: '1', kind: 'up', site: 'forum', since: '2026-01-01T00:00:00.000Z' };
    expect(await call('POST', '/v1/jobs', deploy)).toMatchObject({
      status: 409,
      value: { problems: [{ code: 'busy' }] },
    });
    expect(asked).toEqual([]);
    expect(await call('POST', '/v1/jobs?wait=1', deploy)).toMatchObject([{ type: 'job-end' }]);
  });

  test('that is not valid is refused, also while another runs', async () => {
    const refused = { status: 400, value: { problems: [{ code: 'bad-arguments' }] } };
    expect(await call('POST', '/v1/jobs', '{"kind":"deploy"}')).toMatchObject(refused);
    running = { id: '1', kind: 'up', site: 'forum', since: '2026-01-01T00:00:00.000Z' };
    expect(await call('POST', '/v1/jobs', '[]')).toMatchObject(refused);
    expect(await call('POST', '/v1/jobs?wait=1', 'null')).toMatchObject(refused);
    expect(asked).toEqual([]);
  });
});
