import { expect, test } from 'vitest';

import { initial, type Lifecycle } from './lifecycle-state.ts';
import { crashLoopEnds } from './restart.ts';
import { EarlyEnds } from './early-ends.ts';
import { steadiness } from './steadiness.ts';

const ready = (earlyEnds: number): Lifecycle => ({
  ...initial,
  wanted: 'up',
  state: 'ready',
  earlyEnds,
  process: { run: 1, pid: 2, startedAt: 0 },
});
const waiting: Lifecycle = {
  ...initial,
  wanted: 'up',
  earlyEnds: 2,
  state: 'waiting',
  deadline: { ticket: 1, at: 9 },
  reason: '',
};

test.each<readonly [string, Lifecycle, number, boolean, ReturnType<typeof steadiness>]>([
  ['is steady once it has answered', ready(0), 0, false, 'steady'],
  ['that nothing is asked is looked at for some seconds', ready(0), 2000, true, 'unknown'],
  ['that nothing is asked is steady after that', ready(0), 5000, true, 'steady'],
  ['that has ended early has to last', ready(1), 5000, false, 'unknown'],
  ['that has ended early and lasts is steady', ready(1), 10_000, false, 'steady'],
  ['that waits for its next start is not known yet', waiting, 0, false, 'unknown'],
  ['that ends again and again is in a loop, be it ready now', ready(crashLoopEnds), 0, false, 'loop'],
  ['that has lasted for a minute is out of it', ready(crashLoopEnds), 60_000, true, 'steady'],
  ['that somebody stopped is no concern', { ...waiting, wanted: 'down' }, 0, true, 'steady'],
])('a service %s', (_what, state, now, unasked, found) => {
  expect(steadiness(state, now, unasked)).toBe(found);
});

test('what has run for ten seconds after several failed starts, as a database that was recovered, is shown as in no loop', () => {
  const shown = (now: number): unknown => new EarlyEnds().shown(ready(crashLoopEnds), now);
  expect([shown(9999), shown(10_000)]).toMatchObject([{ early_ends: { loop: true } }, { early_ends: { loop: false } }]);
});
