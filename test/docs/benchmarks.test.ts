import { describe, expect, test } from 'vitest';

import { type Measured, type Pair, ratio, table } from '../../bench/up/pairs.ts';

function pair(byHand: number | undefined, up: number | undefined, steps: Record<string, number> = {}): Pair {
  return { byHand, up, command: (up ?? 0) + 1, steps: new Map(Object.entries(steps)) };
}

describe('`up` beside what is typed', () => {
  const measured: Measured = {
    project: 'shop',
    pairs: [
      pair(10, 20, { install: 6, 'collect | compress': 2, check: 1, migrate: 0.5 }),
      pair(8, 10, { install: 4, 'collect | compress': 3 }),
      pair(9, 11, { install: 5, check: 1 }),
    ],
  };

  test('is compared by the medians', () => {
    expect(ratio(measured)).toBeCloseTo(11 / 9);
  });

  test('has no ratio where one run gave no page', () => {
    expect(ratio({ project: 'shop', pairs: [pair(8, 10), pair(undefined, 10)] })).toBeUndefined();
    expect(ratio({ project: 'shop', pairs: [pair(8, undefined)] })).toBeUndefined();
    expect(ratio({ project: 'shop', pairs: [] })).toBeUndefined();
  });

  test('is a table with the longest steps', () => {
    expect(
      table([measured, { project: 'blog', pairs: [pair(undefined, 3)] }])
        .split('\n')
        .slice(2),
    ).toEqual([
      '| shop | 9.0 | 11.0 | 12.0 | 1.22 × | install 5.0, collect \\| compress 2.0, check 1.0 |',
      '| blog | no page | 3.0 | 4.0 |  |  |',
    ]);
  });
});
