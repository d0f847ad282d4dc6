import { describe, expect, it } from 'vitest';

import { fillsUp, judgeDisk, reserveOf } from './disk-shortage.ts';

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
  const wrote = (site: string, megabytes: number) => ({ site, bytes: megabytes * mebibyte });
  const none = new Map<string, number>();

  it('is laid at the door of the site that has written most since it had room', () => {
    expect(judgeDisk([wrote('a', 20), wrote('b', 300), wrote('c', 0)], none, 0)).toEqual({
      site: 'b',
      bytes: 300 * mebibyte,
      action: 'restart',
    });
  });

  it('of a site that was started again for it a moment ago, it is stopped', () => {
    expect(judgeDisk([wrote('b', 300)], new Map([['b', 0]]), 60_000)?.action).toBe('stop');
    expect(judgeDisk([wrote('b', 300)], new Map([['b', 0]]), 3_600_000)?.action).toBe('restart');
  });

  it('is nobody’s where nobody writes, or nobody can tell', () => {
    expect(judgeDisk([wrote('a', 1), { site: 'b', bytes: undefined }], none, 0)).toBeUndefined();
    expect(judgeDisk([], none, 0)).toBeUndefined();
  });
});

describe('a disk that fills up', () => {
  it('is one that will be at its reserve before anybody could do anything', () => {
    expect(fillsUp(5000, 4000, 1, 500)).toBe(true);
    expect(fillsUp(5000, 4900, 1, 500)).toBe(false);
    expect(fillsUp(400, 499, 1, 500)).toBe(true);
    expect(fillsUp(501, 501, 1, 500)).toBe(false);
  });
});
