import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { HeldClock } from '../../test/rig/held-clock.ts';
import type { ReleaseRecord, SiteRecord } from '../blueprint/site.ts';
import { sitePaths } from '../components/nginx/edge-place.ts';
import type { NewEvent, RoadieEvent } from '../contract/events.ts';
import { layout } from '../machine/layout.ts';
import { BakeWatch } from './bake-watch.ts';

const begin = Date.parse('2026-01-01T00:00:00Z');
const until = '2026-01-01T00:01:00.000Z';
const interval = 2000;
const switched: RoadieEvent = { type: 'release-switched', site: 'forum', release: 'new', previous: 'old', time: until };

let folder: string;
let log: string;
let clock: HeldClock;
let told: NewEvent[];
let asked: unknown[];
let restarts: number;
const watches: BakeWatch[] = [];

beforeEach(() => {
  folder = mkdtempSync('/tmp/roadie-bake-');
  log = sitePaths(layout(folder, folder).edge, 'forum').accessLog;
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, requests(50, 200));
  clock = new HeldClock(begin);
  told = [];
  asked = [];
  restarts = 7;
});
afterEach(() => {
  for (const each of watches.splice(0)) each.close();
  rmSync(folder, { recursive: true, force: true });
});

function requests(count: number, status: number): string {
  return `127.0.0.1 - - [2026-01-01T00:00:00+00:00] "GET / HTTP/2.0" ${status} 12 "-" "curl" f.org 0.1 0.1\n`.repeat(
    count,
  );
}

function record(changes: Partial<SiteRecord> = {}): SiteRecord {
  return {
    name: 'forum',
    request: { kind: 'up' } as SiteRecord['request'],
    domains: ['forum.example'],
    ports: { http: 80, https: 443 },
    ownerEnvironment: {},
    secrets: {},
    release: { id: 'new' } as ReleaseRecord,
    bake: { release: 'new', previous: 'old', until, limits: { seconds: 60, errorPercent: 10, crashes: 2 } },
    ...changes,
  };
}

/** A daemon's watch over what its records say. */
function watch(...records: readonly SiteRecord[]): BakeWatch {
  const made = new BakeWatch({
    layout: layout(folder, folder),
    records: {
      all: () => Promise.resolve(records),
      read: (name) => Promise.resolve(records.find((each) => each.name === name)),
    },
    supervisor: {
      status: () => [
        {
          group: 'forum',
          services: [
            {
              name: 'web',
              state: 'ready',
              pid: 1,
              since: until,
              restarts,
              memory_bytes: null,
              cpu_percent: null,
            },
          ],
        },
      ],
    },
    events: { emit: (event) => told.push(event) },
    jobs: {
      run: (request) => {
        asked.push(request);
        return Promise.resolve();
      },
    },
    clock,
  });
  watches.push(made);
  return made;
}

/** One look, to its end: it awaits the next one, or nothing any more. */
async function look(): Promise<void> {
  const before = told.length;
  clock.pass(interval);
  await vi.waitFor(() => expect(clock.waiting === 1 || told.length > before).toBe(true));
}

describe('the watch after a switch', () => {
  test('goes back once, saying why, and then looks no more', async () => {
    const { onEvent } = watch(record());
    onEvent(switched);
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    appendFileSync(log, requests(5, 500) + requests(5, 200));
    await look();
    expect(asked).toEqual([
      {
        kind: 'rollback',
        site: 'forum',
        release: 'old',
        force: false,
        because: '5 of 10 requests failed since the switch (50 %, before it 0 %)',
      },
    ]);
    expect(told).toMatchObject([{ type: 'note', level: 'warning', site: 'forum' }]);
    expect(clock.waiting).toBe(0);
  });

  test('is not moved by what NGINX refuses by itself', async () => {
    await watch(record()).resume();
    const refused = `203.0.113.9 - - [2026-01-01T00:00:10+00:00] "POST / HTTP/1.1" 501 166 "-" "-" f.org 0.000 - - -\n`;
    appendFileSync(log, refused.repeat(12));
    await look();
    expect(asked).toEqual([]);
  });

  test('goes back when the services crash, counting from the switch', async () => {
    await watch(record()).resume();
    restarts = 9;
    await look();
    expect(asked).toHaveLength(1);
  });

  test('lets a good release be when its time is over', async () => {
    await watch(record()).resume();
    appendFileSync(log, requests(100, 200) + requests(1, 500));
    for (let looks = 0; looks < 60_000 / interval; looks += 1) await look();
    expect(asked).toEqual([]);
    expect(told).toMatchObject([{ level: 'info', text: expect.stringContaining('101 requests, 1 failed') as unknown }]);
    expect(clock.waiting).toBe(0);
  });

  test('goes on after a restart of the daemon, and goes back then', async () => {
    const first = watch(record());
    await first.resume();
    first.close();
    await watch(record()).resume();
    appendFileSync(log, requests(20, 502));
    await look();
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['its time is over', { bake: { ...record().bake, until: '2025-12-31T23:59:59.000Z' } as SiteRecord['bake'] }],
    ['another release is live', { release: { id: 'other' } as ReleaseRecord }],
  ])('does not begin where %s', async (_, changes) => {
    await watch(record(changes as Partial<SiteRecord>)).resume();
    expect(clock.waiting).toBe(0);
  });

  test('looks once at a time, however often a release is switched while it looks', async () => {
    const made = watch(record());
    await made.resume();
    appendFileSync(log, requests(20, 502));
    clock.pass(interval);
    made.onEvent({ ...switched, site: 'other' });
    await made.resume();
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await vi.waitFor(() => expect(clock.waiting).toBeLessThanOrEqual(1));
    expect(asked).toHaveLength(1);
  });

  test("is not ended by another site's log that cannot be read", async () => {
    const blog = record({ name: 'blog' });
    await watch(blog, record()).resume();
    symlinkSync(log, sitePaths(layout(folder, folder).edge, 'blog').accessLog);
    await look();
    expect(told).toMatchObject([
      { level: 'warning', site: 'blog', text: expect.stringContaining('no longer watched') as unknown },
    ]);
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    appendFileSync(log, requests(20, 502));
    await look();
    expect(asked).toMatchObject([{ site: 'forum' }]);
  });

  test('is over when the daemon ends', async () => {
    const made = watch(record());
    await made.resume();
    made.close();
    expect(clock.waiting).toBe(0);
    await made.resume();
    expect(clock.waiting).toBe(0);
  });
});
