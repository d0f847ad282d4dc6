import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { HeldClock, settled } from '../../test/rig/held-clock.ts';
import type { SiteRecord } from '../sites/record.ts';
import type { RoadieEvent } from '../contract/events.ts';
import { layout } from '../machine/layout.ts';
import { SiteRecords } from '../sites/store.ts';
import { ProblemError } from '../problems/problem.ts';
import { Scheduler } from '../schedule/scheduler.ts';
import type { Asked } from '../source/remote.ts';
import { EventLog } from './event-log.ts';
import { Watching } from './watching.ts';
import { webhookHandler } from './webhooks.ts';

const commit = (digit: string): string => digit.repeat(40);

describe('the watch over repositories', () => {
  let folder: string;
  let records: SiteRecords;
  let clock: HeldClock;
  let watching: Watching;
  let schedule: Scheduler;
  let events: RoadieEvent[];
  let answer: () => Promise<Asked>;
  let asked: number;
  let jobs: unknown[];
  let endJob: (() => void) | undefined;

  const at = (revision: string, passed = true): void => {
    answer = () => Promise.resolve({ ref: 'main', wanted: 'refs/heads/main', revision, passed });
  };
  const write = (changes: Partial<SiteRecord> = {}): Promise<void> =>
    records.write({
      name: 'shop',
      request: { kind: 'up', source: 'https://example.org/shop.git' },
      domains: ['shop.localhost'],
      ports: { http: 80, https: 443 },
      ownerEnvironment: {},
      secrets: { webhook: 'secret' },
      follow: { repository: 'https://example.org/shop.git', ref: 'main', everySeconds: 60 },
      release: { revision: commit('a') } as NonNullable<SiteRecord['release']>,
      ...changes,
    });

  beforeEach(async () => {
    folder = await mkdtemp('/tmp/watching-');
    const where = layout(folder, join(folder, 'run'));
    records = new SiteRecords(where);
    clock = new HeldClock();
    events = [];
    const log = new EventLog(join(folder, 'events.jsonl'), clock);
    void log.follow((event) => events.push(event), new AbortController().signal);
    asked = 0;
    jobs = [];
    endJob = undefined;
    at(commit('a'));
    schedule = new Scheduler(clock);
    watching = new Watching({
      schedule,
      layout: where,
      records,
      events: log,
      clock,
      jobs: {
        run: (request) => {
          jobs.push(request);
          return new Promise((resolve) => {
            endJob = () => resolve({ type: 'job-end', outcome: 'done', result: {} });
          });
        },
      },
      ask: () => {
        asked += 1;
        return answer();
      },
    });
    await write();
    await watching.refresh();
  });

  afterEach(async () => {
    watching.close();
    await schedule.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('asks as often as it is told, and releases nothing that is live', async () => {
    await clock.run(600_000);
    expect(asked).toBeGreaterThanOrEqual(9);
    expect(asked).toBeLessThanOrEqual(12);
    expect(jobs).toEqual([]);
  });

  test('has a new commit released once, however long that takes', async () => {
    at(commit('b'));
    await clock.run(300_000);
    expect(jobs).toEqual([{ kind: 'follow', site: 'shop', revision: commit('b') }]);
  });

  test('looks again after a release: what came meanwhile is next', async () => {
    at(commit('b'));
    await clock.run(70_000);
    at(commit('c'));
    await write({ release: { revision: commit('b') } as NonNullable<SiteRecord['release']> });
    endJob?.();
    await expect.poll(() => jobs.length).toBe(2);
    expect(jobs[1]).toMatchObject({ revision: commit('c') });
  });

  test('a thousand calls of a webhook are one look that runs and one that waits', async () => {
    const waiting = Promise.withResolvers<Asked>();
    answer = () => waiting.promise;
    const handle = webhookHandler(watching);
    for (let count = 0; count < 1000; count += 1) {
      const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', count }));
      const headers = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 'secret' };
      expect(handle({ site: 'shop', headers, body }).status).toBe(202);
    }
    await settled();
    expect(asked).toBe(1);
    at(commit('b'));
    waiting.resolve({ ref: 'main', wanted: 'refs/heads/main', revision: commit('b'), passed: true });
    await settled();
    expect(asked).toBe(2);
    expect(jobs).toHaveLength(1);
  });

  test('a site without a webhook, an unknown one and a wrong secret get the same answer', async () => {
    await write({ secrets: {} });
    await watching.refresh();
    const handle = webhookHandler(watching);
    const call = (site: string) => handle({ site, headers: { 'x-gitlab-token': 'guess' }, body: Buffer.from('{}') });
    expect(call('shop')).toEqual(call('nowhere'));
    await write();
    await watching.refresh();
    expect(call('shop')).toEqual({ status: 401, text: 'Refused: the signature is wrong' });
    expect(call('shop')).toEqual(call('nowhere'));
  });

  test('says once that a repository is gone, asks less and less often, and says that it is back', async () => {
    answer = () =>
      Promise.reject(new ProblemError({ code: 'source-missing', summary: 'It cannot be read', cure: ['Wait.'] }));
    await clock.run(7200_000);
    expect(asked).toBeLessThan(16);
    const notes = () => events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
    expect(notes().filter((text) => text.includes('cannot be read'))).toHaveLength(1);
    expect(watching.statusOf('shop')?.problem).toBe('It cannot be read');
    at(commit('b'));
    await clock.run(1000_000);
    expect(notes().at(-1)).toContain('can be read again');
    expect(jobs).toHaveLength(1);
  });

  describe('while the site is held', () => {
    const given = { release: 'bad', revision: commit('b') };
    const held = (givenUp?: typeof given): SiteRecord['held'] & object => ({
      since: new Date(0).toISOString(),
      release: 'good',
      because: 'it fails',
      ...(givenUp && { givenUp }),
    });
    const rollback = { at: new Date(0).toISOString(), ...given };
    const notes = () => events.flatMap((event) => (event.type === 'note' ? [event.text] : []));

    test('by the watch, does not try again what was given up, and lets the next commit through', async () => {
      await write({ dealt: commit('b'), held: held(given), rollbacks: [rollback] });
      await watching.refresh();
      at(commit('b'));
      await clock.run(300_000);
      expect(jobs).toEqual([]);
      expect(watching.statusOf('shop')).toMatchObject({ held: { given_up: given, next: new Date(0).toISOString() } });
      at(commit('c'));
      await clock.run(120_000);
      expect(jobs).toEqual([{ kind: 'follow', site: 'shop', revision: commit('c') }]);
    });

    test('for the second time, lets the next commit through after a pause, without another call of a webhook', async () => {
      await write({
        follow: { repository: 'https://example.org/shop.git', everySeconds: 0 },
        held: held(given),
        rollbacks: [rollback, rollback],
      });
      await watching.refresh();
      at(commit('c'));
      watching.look('shop');
      await settled();
      await clock.run(590_000);
      expect(jobs).toEqual([]);
      await clock.run(20_000);
      expect(jobs).toHaveLength(1);
    });

    test.each([
      ['by a person', { held: held() }],
      ['for the third time', { held: held(given), rollbacks: [rollback, rollback, rollback] }],
    ])('%s, says once of each commit that it waits, and for what', async (_, changes) => {
      await write(changes);
      await watching.refresh();
      at(commit('c'));
      await clock.run(600_000);
      expect(jobs).toEqual([]);
      expect(notes()).toEqual([expect.stringMatching(/^Commit c{12} waits: .*`roadie deploy shop`$/)]);
      at(commit('d'));
      await clock.run(120_000);
      expect(notes()).toHaveLength(2);
    });
  });

  test('never asks by itself where the poll is off', async () => {
    await write({ follow: { repository: 'https://example.org/shop.git', everySeconds: 0 } });
    await watching.refresh();
    await clock.run(7200_000);
    expect(asked).toBe(0);
    watching.look('shop');
    await settled();
    expect(asked).toBe(1);
  });

  test('stops asking for a site that was taken down', async () => {
    await clock.run(70_000);
    const before = asked;
    await records.remove('shop');
    await watching.refresh();
    await clock.run(600_000);
    expect(asked).toBe(before);
    expect(watching.statusOf('shop')).toBeUndefined();
  });
});
