import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { accessLine, type Logged } from '../../../test/rig/access-log.ts';
import { sampleRecord } from '../../../test/rig/samples.ts';
import { HeldClock } from '../../../test/rig/held-clock.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import { commonSitePaths } from '../../components/edge/place.ts';
import type { NewEvent, RoadieEvent } from '../../contract/events.ts';
import type { JobEnd } from '../../contract/results.ts';
import { Scheduler } from '../../schedule/scheduler.ts';
import { layout } from '../../machine/layout.ts';
import { BakeWatch } from './watch.ts';

const begin = Date.parse('2026-01-01T00:00:00Z');
const until = '2026-01-01T00:01:00.000Z';
const earlier = { time: '2025-12-31T23:59:50+00:00' };
const interval = 2000;
const switched: RoadieEvent = { type: 'release-switched', site: 'forum', release: 'new', previous: 'old', time: until };

let folder: string;
let log: string;
let clock: HeldClock;
let told: NewEvent[];
let asked: unknown[];
let restarts: number;
let pages: Record<'live' | 'kept', (path: string) => number | 'silent' | undefined>;
let end: JobEnd;
const watches: BakeWatch[] = [];

beforeEach(() => {
  folder = mkdtempSync('/tmp/roadie-bake-');
  log = commonSitePaths(layout(folder, folder).edge, 'forum').accessLog;
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, requests(50, 200, earlier));
  clock = new HeldClock(begin);
  told = [];
  asked = [];
  restarts = 7;
  pages = { live: () => 200, kept: () => 200 };
  end = { type: 'job-end', outcome: 'done', result: {} };
});
afterEach(() => {
  for (const each of watches.splice(0)) each.close();
  rmSync(folder, { recursive: true, force: true });
});

function requests(count: number, status: number, changes: Partial<Logged> = {}): string {
  return `${accessLine({ status, ...changes })}\n`.repeat(count);
}

function record(changes: Partial<SiteRecord> = {}): SiteRecord {
  return sampleRecord({
    release: { id: 'new' } as ReleaseRecord,
    group: {
      group: 'forum',
      folders: [],
      services: [{ name: 'web', readiness: { probe: { kind: 'http', path: '/health/' } } }],
    } as unknown as NonNullable<SiteRecord['group']>,
    bake: { release: 'new', previous: 'old', until, limits: { seconds: 60, errorPercent: 10, crashes: 2 } },
    ...changes,
  });
}

/** A daemon's watch over what its records say. */
function watch(...given: readonly (SiteRecord | (() => SiteRecord))[]): BakeWatch {
  const recordsOf = (): readonly SiteRecord[] => given.map((each) => (typeof each === 'function' ? each() : each));
  const made = new BakeWatch({
    layout: layout(folder, folder),
    records: {
      all: () => Promise.resolve(recordsOf()),
      read: (name) => Promise.resolve(recordsOf().findLast((each) => each.name === name)),
    },
    supervisor: {
      serviceLogs: (_site, service = '') => [{ service, path: `${folder}/web.log` }],
      ask: (_site, release, path) => Promise.resolve(pages[release === 'old' ? 'kept' : 'live'](path)),
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
        return Promise.resolve(end);
      },
    },
    clock,
    schedule: new Scheduler(clock),
  });
  watches.push(made);
  return made;
}

/** A release whose front page fails; its health route is well. */
const broken = (path: string): number => (path === '/' ? 500 : 200);

function bakeOf({ bake }: SiteRecord): NonNullable<SiteRecord['bake']> {
  if (!bake) throw new Error('nothing is watched');
  return bake;
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
    pages.live = broken;
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

  test('is not moved by what the edge refuses by itself', async () => {
    await watch(record()).resume();
    appendFileSync(log, requests(12, 501, { method: 'POST', tries: [] }));
    for (let looks = 0; looks < 60_000 / interval; looks += 1) await look();
    expect(asked).toEqual([]);
    expect(told).toMatchObject([{ level: 'info', text: expect.stringContaining('0 requests, 0 failed') as unknown }]);
  });

  test('goes back when the services crash, counting from the switch', async () => {
    await watch(record()).resume();
    restarts = 9;
    // What the edge has to say of it comes two seconds later.
    await look();
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
    pages.live = broken;
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
    pages.live = broken;
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
    symlinkSync(log, commonSitePaths(layout(folder, folder).edge, 'blog').accessLog);
    await look();
    expect(told).toMatchObject([
      { level: 'warning', site: 'blog', text: expect.stringContaining('no longer watched') as unknown },
    ]);
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    pages.live = broken;
    appendFileSync(log, requests(20, 502));
    await look();
    expect(asked).toMatchObject([{ site: 'forum' }]);
  });

  test('a visitor who knows a bug does not bring the release down, on whatever address', async () => {
    appendFileSync(
      log,
      requests(5, 200, { ...earlier, path: '/search/' }) +
        requests(5, 200, { ...earlier, method: 'POST', path: '/login/' }),
    );
    await watch(record()).resume();
    for (const client of ['203.0.113.1', '203.0.113.2', '2001:db8:1::1', '2001:db8:1::2', '2001:db8:1:9::1'])
      appendFileSync(
        log,
        requests(9, 500, { client, path: '/search/?q=%00' }) +
          requests(9, 500, { client, path: '/nowhere/?q=%00' }) +
          requests(9, 500, { client, method: 'POST', path: '/login/' }),
      );
    for (let looks = 0; looks < 60_000 / interval; looks += 1) await look();
    expect(asked).toEqual([]);
    // It is said all the same: somebody may want to look.
    expect(told).toMatchObject([
      { level: 'info' },
      { level: 'warning', text: expect.stringContaining('could not confirm') as unknown },
    ]);
  });

  test('asks by itself where no visitor comes', async () => {
    await watch(record()).resume();
    pages.live = broken;
    await look();
    expect(asked).toMatchObject([{ because: "Roadie's own requests failed since the switch: GET / with 500" }]);
  });

  test('tells the error that its requests had most often, as far as the log of the web server has it', async () => {
    const line = (release: string, error: string): string =>
      `ERROR GET / 500 request=- release=${release} ${error} at forum/views.py:7\n`;
    const old = line('old', 'OSError').repeat(5);
    writeFileSync(`${folder}/web.log`, old + line('new', 'KeyError: 1') + line('new', 'TypeError').repeat(2));
    await watch(record()).resume();
    pages.live = broken;
    await look();
    expect(asked).toMatchObject([
      {
        because:
          "Roadie's own requests failed since the switch: GET / with 500; most often by TypeError at forum/views.py:7",
      },
    ]);
  });

  test('does not hold against a release what the one before does as well', async () => {
    await watch(record()).resume();
    pages.live = broken;
    pages.kept = broken;
    appendFileSync(log, requests(20, 500));
    for (let looks = 0; looks < 60_000 / interval; looks += 1) await look();
    expect(asked).toEqual([]);
  });

  test('where the release before is gone, what was well in the log is what it is compared with, twice', async () => {
    await watch(record()).resume();
    pages = { live: broken, kept: () => undefined };
    await look();
    expect(asked).toEqual([]);
    await look();
    expect(asked).toHaveLength(1);
  });

  test('takes a release that answers nothing for one that has too much to do', async () => {
    await watch(record()).resume();
    pages.live = () => 'silent';
    appendFileSync(log, requests(50, 504, { tries: [[504, '-']] }));
    for (let looks = 0; looks < 60_000 / interval; looks += 1) await look();
    expect(asked).toEqual([]);
  });

  test('does not count a crash that one visitor has caused', async () => {
    await watch(record()).resume();
    restarts = 12;
    appendFileSync(log, requests(5, 503, { path: '/die/', tries: [[502, '-']] }));
    for (let looks = 0; looks < 3; looks += 1) await look();
    expect(asked).toEqual([]);
  });

  test('counts a crash that cut off several visitors in several places', async () => {
    await watch(record()).resume();
    restarts = 12;
    appendFileSync(
      log,
      requests(1, 503, { tries: [[502, '-']] }) +
        requests(1, 503, { path: '/a/', client: '198.51.100.7', tries: [[502, '-']] }),
    );
    for (let looks = 0; looks < 2; looks += 1) await look();
    expect(asked).toHaveLength(1);
  });

  test('a daemon that comes later knows what was usual before the switch', async () => {
    const first = watch(record());
    await first.resume();
    await vi.waitFor(() => expect(readFileSync(`${folder}/state/bake.json`, 'utf8')).toContain('"pages":["/"]'));
    first.close();
    // All that the new one could find in the log is from after the switch.
    writeFileSync(log, requests(5, 500));
    pages = { live: broken, kept: () => undefined };
    await watch(record()).resume();
    await look();
    await look();
    expect(asked).toMatchObject([{ because: '5 of 5 requests failed since the switch (100 %, before it 0 %)' }]);
  });

  test('a second bad release, before the first was left, goes back to where both began', async () => {
    const first = record();
    const second = record({
      release: { id: 'newer' } as ReleaseRecord,
      bake: { ...bakeOf(first), release: 'newer', passedBy: 'new' },
    });
    let current = first;
    const made = watch(first, () => current);
    await made.resume();
    pages = { live: broken, kept: () => undefined };
    appendFileSync(log, requests(20, 500));
    await look();
    await look();
    expect(asked).toHaveLength(1);
    // It had to wait for the second, and came too late.
    current = second;
    made.onEvent({ ...switched, release: 'newer', previous: 'new' });
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    await look();
    await look();
    expect(asked[1]).toMatchObject({ kind: 'rollback', release: 'old' });
  });

  test('a way back that is closed is an alarm, until another release is live', async () => {
    const made = watch(record());
    await made.resume();
    pages.live = broken;
    end = {
      type: 'job-end',
      outcome: 'failed',
      problems: [{ code: 'rollback-refused', summary: 'The database has gone too far', cure: ['Fix it.'] }],
    };
    await look();
    await vi.waitFor(() => expect(told).toHaveLength(2));
    expect(told[1]).toMatchObject({
      type: 'alarm',
      site: 'forum',
      cure: expect.arrayContaining(['$ roadie deploy forum']) as unknown,
    });
    expect(made.alarmOf(record())?.text).toContain('The database has gone too far');
    expect(made.alarmOf(record({ release: { id: 'newer' } as ReleaseRecord }))).toBeUndefined();
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
