import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Failure, Load } from '../../bench/faults/load.ts';
import { type Hurt, hurt } from '../../bench/faults/fault.ts';
import { ourFaults } from '../../bench/faults/our-faults.ts';
import { Ours } from '../../bench/faults/ours.ts';
import { killAtEachStep } from '../../bench/faults/steps.ts';
import { killWriters } from '../../bench/faults/torn.ts';
import { webThreads } from '../../src/components/capacity.ts';
import { requireRoot } from '../rig/box.ts';

/*
 * The quick form of `npm run bench -- faults`: the same faults and the same load, less often and at a lower rate, since a machine
 * that runs tests does other things as well. What is asserted is what visitors see, never how long it took.
 */
const load = { seconds: 5, rate: 10 };

describe('the forum under load', { sequential: true }, () => {
  let ours: Ours;

  beforeAll(async () => {
    requireRoot();
    ours = await Ours.open();
    await ours.start();
  });

  afterAll(() => ours.close());

  /** Runs a fault so many times and answers what each did. */
  async function repeated(id: string, times: number): Promise<readonly Hurt[]> {
    const fault = ourFaults.find((each) => each.id === id);
    if (!fault) throw new Error(`there is no fault ${id}`);
    const hurts: Hurt[] = [];
    for (let turn = 0; turn < times; turn += 1) {
      hurts.push(await hurt(fault, ours, load));
      await ours.settled();
    }
    return hurts;
  }

  const seen = (hurts: readonly Hurt[]): readonly Failure[] => hurts.flatMap((each) => each.failures);

  test('the load itself fails nowhere, and a wrong page is noticed', async () => {
    const steady = new Load(ours.member, load);
    await expect.poll(() => steady.now).toBeGreaterThan(1000);
    const result = await steady.end();
    expect(result.failures).toEqual([]);
    expect(result.sent).toBeGreaterThan(5);
    const ask = ours.member.request(0);
    expect(ours.member.wrong(ask, { status: 503, body: '', location: undefined })).toBe('status 503');
    expect(ours.member.wrong(ask, { status: 200, body: '<html></html>', location: undefined })).toBe('another page');
  });

  test.each([
    'bad-500',
    'bad-hang',
    'bad-migration',
    'deploy',
    'deploy-overload',
    // Before the rollback: what was refused is nothing to go back to.
    'bad-boot',
    'rollback',
    'daemon-upgrade',
    'env-set',
    'certificate',
    'kill-master',
    'kill-nginx',
    'kill-daemon',
    'redis-kill',
    'database-restart',
  ])('no visitor sees %s', async (id) => {
    const hurts = await repeated(id, 1);
    expect(seen(hurts)).toEqual([]);
    expect(hurts.every((each) => each.sent > 0)).toBe(true);
  });

  // What a killed process is at work on is lost where it may have changed something; all else is not.
  test.each([
    ['kill-worker', 2, webThreads()],
    ['kill-tree', 1, Number.POSITIVE_INFINITY],
    ['kill-daemon-app', 1, Number.POSITIVE_INFINITY],
  ])('%s costs only POSTs that were under way (%i times)', async (id, times, most) => {
    for (const each of await repeated(id, times)) {
      expect(each.failures.filter((failure) => failure.method !== 'POST')).toEqual([]);
      expect(each.failures.length - each.underWay).toBe(0);
      expect(each.failures.length).toBeLessThanOrEqual(most);
    }
  });

  // `disturbDatabase` throws where the web server was restarted, or the site does not come back.
  test('a killed database costs no more than it was at work on', async () => {
    for (const each of await repeated('database-kill', 2))
      expect(each.failures.length).toBeLessThanOrEqual(webThreads());
  });

  // Steps by their number, of about twenty: at the migration and at the switch.
  test.each([
    ['job', [12, 16]],
    ['daemon', [16]],
  ] as const)(
    'the %s killed in a deploy: the old or the new serves, and the next up fixes it',
    async (victim, steps) => {
      const results = await killAtEachStep(ours, victim, {
        rate: load.rate,
        steps,
        say: () => undefined,
      });
      expect(results.length).toBe(steps.length);
      expect(results.filter((result) => result.wrong.length > 0)).toEqual([]);
    },
  );
});

test('state is whole after each of 50 kills of the process that writes it, and what they leave is removed', async () => {
  expect(await killWriters(50)).toEqual({ kills: 50, torn: [], litter: 0 });
});
