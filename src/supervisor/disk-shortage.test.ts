import { describe, expect, it } from 'vitest';

import { judgeDisk, reserveOf } from './disk-shortage.ts';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

describe('the reserve of a disk', () => {
  it.each([
    ['a small one', 2 * gibibyte, gibibyte / 5],
    ['that of a small server', 20 * gibibyte, 0.03 * 20 * gibibyte],
    ['a middling one', 10 * gibibyte, 512 * mebibyte],
    ['a large one', 4096 * gibibyte, 5 * gibibyte],
  ])('of %s', (_what, total, reserve) => {
    expect(reserveOf(total)).toBe(Math.floor(reserve));
  });
});

describe('a disk that is nearly full', () => {
  const growth = (site: string, megabytes: number) => ({
    site,
    before: gibibyte,
    after: gibibyte + megabytes * mebibyte,
  });
  const none = new Map<string, number>();

  it('is laid at the door of the site that has grown most', () => {
    expect(judgeDisk([growth('a', 20), growth('b', 300), growth('c', -5)], none, 0)).toEqual({
      site: 'b',
      bytes: 300 * mebibyte,
      action: 'restart',
    });
  });

  it('of a site that was started again for it a moment ago, it is stopped', () => {
    expect(judgeDisk([growth('b', 300)], new Map([['b', 0]]), 60_000)?.action).toBe('stop');
    expect(judgeDisk([growth('b', 300)], new Map([['b', 0]]), 3_600_000)?.action).toBe('restart');
  });

  it('is nobody’s where nobody grows, or nobody can tell', () => {
    expect(judgeDisk([growth('a', 1), { site: 'b', before: undefined, after: 5e12 }], none, 0)).toBeUndefined();
    expect(judgeDisk([], none, 0)).toBeUndefined();
  });
});
