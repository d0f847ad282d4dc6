import { describe, expect, it } from 'vitest';

import { initial, type Lifecycle, type LifecyclePolicy } from './lifecycle-state.ts';
import { step } from './lifecycle.ts';

const policy: LifecyclePolicy = { restart: 'never', readyTimeout: 1000, stopTimeout: 500 };

/** Spawned at 0. */
function starting(): Lifecycle {
  const { state } = step(initial, { type: 'want', wanted: 'up' }, policy, 0);
  return step(state, { type: 'spawned', run: state.tickets, pid: 1000 }, policy, 0).state;
}

/** What its time's end makes of it, again and again, and when it is given up. */
function givenUpAfter(loadsUntil: number): number {
  let state = starting();
  let now = 0;
  while (state.state === 'starting' && state.phase === 'probing') {
    const { at, ticket } = state.deadline;
    expect(at).toBeGreaterThan(now);
    now = at;
    state = step(state, { type: 'time', ticket, loading: now < loadsUntil }, policy, now).state;
  }
  expect(state).toMatchObject({ state: 'stopping', cause: 'not-ready' });
  return now;
}

describe('the time to become ready', () => {
  it('goes on while the process still loads, up to four times as long', () => {
    expect(givenUpAfter(0)).toBe(1000);
    expect(givenUpAfter(1700)).toBe(1750);
    expect(givenUpAfter(Infinity)).toBe(4000);
  });
});
