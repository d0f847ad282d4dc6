import { describe, expect, it } from 'vitest';

import { type Count, type Crowd, judgeCrowd } from './crowd.ts';

const quiet: Count = { killed: 0, forks: 0, processes: 20, most: 100, grown: 0 };

/** Looks one after the other; answers the verdicts. */
function looks(...counts: readonly Count[]): readonly ReturnType<typeof judgeCrowd>[] {
  let state: Crowd | undefined;
  return counts.map((count) => {
    const verdict = judgeCrowd(state, count);
    ({ state } = verdict);
    return verdict;
  });
}

describe('a site at its limit of processes', () => {
  const full = (forks: number): Count => ({ ...quiet, forks, processes: 99 });

  it('is told once, and what has most of them is ended when it stays so', () => {
    const verdicts = looks(quiet, ...Array.from({ length: 24 }, () => full(5)), quiet);
    expect(verdicts.flatMap(({ full: told }, look) => (told ? [look] : []))).toEqual([1]);
    expect(verdicts.flatMap(({ end }, look) => (end ? [look] : []))).toEqual([12, 24]);
    expect(verdicts.flatMap(({ crowded }, look) => (crowded ? [] : [look]))).toEqual([0, 25]);
  });

  it('is left alone after a rush', () => {
    expect(looks(quiet, full(5), full(9), { ...quiet, forks: 9 }, full(9)).some(({ end }) => end)).toBe(false);
  });

  it('that forks nothing in vain is just large', () => {
    expect(looks(full(0), full(0), full(0), full(0), full(0)).some(({ full: told, end }) => told || end)).toBe(false);
  });
});

describe('a site that grows by many processes at once', () => {
  it('comes after others at the processor until it has stopped growing, and is told nothing', () => {
    const rush: Count = { ...quiet, processes: 40, grown: 20 };
    const verdicts = looks(quiet, rush, { ...rush, processes: 60 }, { ...rush, processes: 61, grown: 1 });
    expect(verdicts.map(({ crowded }) => crowded)).toEqual([false, true, true, false]);
    expect(verdicts.some(({ full, end }) => full || end)).toBe(false);
  });
});

describe('a site at its limit of memory', () => {
  it('is told how many the kernel has ended since the last look', () => {
    expect(
      looks({ ...quiet, killed: 7 }, { ...quiet, killed: 9 }, { ...quiet, killed: 9 }).map((v) => v.killed),
    ).toEqual([0, 2, 0]);
  });

  it('whose counts have gone with a group is not told anything', () => {
    expect(looks({ ...quiet, killed: 7 }, { ...quiet, killed: 2 }).map((v) => v.killed)).toEqual([0, 0]);
  });
});
