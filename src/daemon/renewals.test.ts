import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { HeldClock } from '../../test/rig/held-clock.ts';
import { sampleRecord } from '../../test/rig/samples.ts';
import { certificatePaths, ensureCertificate } from '../certificates/ensure.ts';
import { LocalAuthority } from '../certificates/local-authority.ts';
import type { NewEvent } from '../contract/events.ts';
import type { JobRequest } from '../contract/jobs.ts';
import type { JobEnd } from '../contract/results.ts';
import { layout } from '../machine/layout.ts';
import type { Task } from '../schedule/scheduler.ts';
import type { ReleaseRecord, SiteRecord } from '../sites/record.ts';
import { Renewals } from './renewals.ts';

const day = 86_400_000;
const begin = Date.parse('2026-03-01T12:00:00Z');
const site = 'forum';
const domains = ['forum.example'] as const;

let folder: string;
let clock: HeldClock;
let record: SiteRecord | undefined;
let planned: Map<string, Task>;
let asked: JobRequest[];
let told: NewEvent[];
let end: JobEnd;
let isBusy: boolean;
/** What visitors get; undefined: what is on the disk. */
let served: string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadie-renewals-'));
  clock = new HeldClock(begin);
  record = sampleRecord({ name: site, domains, release: { id: 'r1' } as ReleaseRecord });
  planned = new Map();
  asked = [];
  told = [];
  end = { type: 'job-end', outcome: 'done', result: {} };
  isBusy = false;
  served = undefined;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const places = (): ReturnType<typeof layout> => layout(folder, join(folder, 'run'));
const onDisk = (): Promise<string> => readFile(certificatePaths(places().edge, site).chain, 'utf8');
const issue = (): Promise<unknown> =>
  ensureCertificate({ layout: places(), site, domains: [...domains], now: new Date(clock.now()), host: 'test' });

async function renewals(): Promise<Renewals> {
  const made = new Renewals({
    layout: places(),
    records: {
      all: () => Promise.resolve(record ? [record] : []),
      read: () => Promise.resolve(record),
    },
    events: { emit: (event) => told.push(event) },
    jobs: {
      get running() {
        return isBusy ? ({ id: 'j', kind: 'up', site, since: '' } as const) : undefined;
      },
      run: async (request) => {
        asked.push(request);
        if (end.outcome === 'done') {
          await issue();
          served = undefined;
        }
        return end;
      },
    },
    clock,
    schedule: {
      put: (task) => planned.set(`${task.task}/${task.site}`, task),
      drop: (task, of) => planned.delete(`${task}/${of}`),
    },
    served: async () => served ?? (await onDisk()),
  });
  await made.refresh();
  return made;
}

const look = (): ReturnType<Task['run']> => {
  const task = planned.get(`certificate/${site}`);
  if (!task) throw new Error('there is no task');
  return task.run();
};

describe('the certificate of a site that is left alone', () => {
  test('is looked at twice a day, and left as it is while it has time', async () => {
    await issue();
    await renewals();
    expect(planned.get(`certificate/${site}`)?.everyMs).toBe(day / 2);
    const { result, nextMs } = await look();
    expect(result).toMatch(/^valid until 20/);
    expect(nextMs).toBeLessThanOrEqual(day / 2);
    expect(asked).toEqual([]);
  });

  test('is renewed once two thirds of its time are over', async () => {
    await issue();
    await renewals();
    clock.pass(300 * day);
    expect((await look()).result).toMatch(/^renewed, valid until 2028/);
    expect(asked).toEqual([{ kind: 'renew', site }]);
    expect((await look()).result).toMatch(/^valid until 2028/);
  });

  test('is looked at again at the moment that it has to be renewed', async () => {
    await issue();
    await renewals();
    clock.pass(263 * day);
    const { nextMs = 0 } = await look();
    expect(asked).toEqual([]);
    clock.pass(nextMs);
    let { result } = await look();
    // It may be the usual look that came first.
    while (asked.length === 0) {
      clock.pass(day / 2);
      ({ result } = await look());
    }
    expect(result).toMatch(/^renewed/);
  });

  test('is given to the edge again where visitors get another one', async () => {
    await issue();
    const authority = await LocalAuthority.open(places().edge, { site, domains }, new Date(begin));
    served = await authority.issue(await authority.newKey(), [...domains], new Date(begin));
    await renewals();
    await look();
    expect(asked).toEqual([{ kind: 'renew', site }]);
  });

  test('that cannot be renewed is told of once, tried again, and told of when it is in order', async () => {
    await renewals();
    const problem = { code: 'restore-needed', summary: "The authority's key is gone", cure: ['Restore it.'] } as const;
    end = { type: 'job-end', outcome: 'failed', problems: [problem] };
    await expect(look()).rejects.toThrow("The authority's key is gone");
    await expect(look()).rejects.toThrow("The authority's key is gone");
    expect(told).toMatchObject([
      { type: 'note', level: 'warning', text: expect.stringContaining("The authority's key is gone") as unknown },
    ]);
    end = { type: 'job-end', outcome: 'done', result: {} };
    await look();
    expect(told).toHaveLength(2);
    expect(told[1]).toMatchObject({ level: 'info', text: 'The certificate is in order again' });
  });

  test('is left alone while an operation runs, which may be changing it', async () => {
    await renewals();
    isBusy = true;
    expect(await look()).toEqual({ result: 'an operation is running', nextMs: 60_000 });
    expect(asked).toEqual([]);
  });

  test('is looked at no more once the site is gone, and from the start where it comes', async () => {
    const made = await renewals();
    const kept = record;
    record = undefined;
    await made.refresh();
    expect([...planned.keys()]).toEqual([]);
    record = kept;
    await made.refresh();
    expect([...planned.keys()]).toEqual([`certificate/${site}`]);
  });
});
