import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { crashLoopEnds, restartDelay } from './restart.ts';
import { standardRestart } from '../components/standard-restart.ts';

describe('restartDelay', () => {
  it('is nothing for the first failure', () => {
    expect(restartDelay(standardRestart, 0)).toBe(0);
  });

  it('doubles from 0.1 s and stays at 30 s', () => {
    expect([1, 2, 3, 9, 10, 1000].map((failures) => restartDelay(standardRestart, failures))).toEqual([
      100, 200, 400, 25_600, 30_000, 30_000,
    ]);
  });

  it('is nothing for a few early ends after good runs, and then doubles as well', () => {
    const delays = [1, crashLoopEnds - 1, crashLoopEnds, crashLoopEnds + 1, crashLoopEnds + 9, 1000];
    expect(delays.map((ends) => restartDelay(standardRestart, 0, ends))).toEqual([0, 0, 100, 200, 30_000, 30_000]);
  });

  it('is finite, never falls and never exceeds its policy', () => {
    const seconds = fc.double({ min: 0, max: 1000, noNaN: true });
    const policies = fc.record({
      firstDelaySeconds: fc.constant(0),
      initialDelaySeconds: seconds,
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      maxDelaySeconds: seconds,
      stableSeconds: seconds,
    });
    fc.assert(
      fc.property(policies, fc.nat(100_000), fc.nat(100_000), (policy, failures, ends) => {
        const delay = restartDelay(policy, failures, ends);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(policy.maxDelaySeconds * 1000);
        expect(restartDelay(policy, failures + 1, ends)).toBeGreaterThanOrEqual(delay);
        expect(restartDelay(policy, failures, ends + 1)).toBeGreaterThanOrEqual(delay);
      }),
    );
  });
});
