import { describe, expect, it } from 'vitest';

import { type MemoryUse, unmeasured, weigh } from './memory-limit.ts';

/** At which of the looks, ten seconds apart, a service with a limit of 100 is replaced. */
function replacedAt(sizes: readonly number[]): readonly number[] {
  let state: MemoryUse = unmeasured;
  return sizes.flatMap((bytes, index) => {
    const verdict = weigh(state, bytes, 100, index * 10_000);
    state = verdict.state;
    return verdict.replace ? [index] : [];
  });
}

describe('a memory limit', () => {
  it('counts at the second look above it, in a row', () => {
    expect(replacedAt([90, 101, 99, 101, 100, 150])).toEqual([]);
    expect(replacedAt([90, 101, 101])).toEqual([2]);
  });

  it('that is too low for the service by nature replaces it every five minutes and no more often', () => {
    expect(replacedAt(Array.from({ length: 70 }, () => 200))).toEqual([1, 31, 61]);
  });
});
