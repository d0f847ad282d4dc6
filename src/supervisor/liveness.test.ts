import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { afresh, answerSeconds, judge, type Liveness, nextLook, type Sign, untested } from './liveness.ts';

const spec = { intervalSeconds: 5, timeoutSeconds: 4, failures: 3 };

/** What comes of a row of looks, one each `seconds`, from a state. */
function after(signs: readonly Sign[], from: Liveness = untested, seconds = 5): { state: Liveness; hung: number[] } {
  const hung: number[] = [];
  let state = from;
  for (const [index, sign] of signs.entries()) {
    const verdict = judge(state, sign, spec, index * seconds * 1000);
    state = verdict.state;
    if (verdict.hangs) hung.push(index);
  }
  return { state, hung };
}

describe('a service hangs', () => {
  it('after three looks in a row without an answer, and not after two', () => {
    expect(after(['answered', 'silent', 'silent', 'answered', 'silent', 'silent']).hung).toEqual([]);
    expect(after(['answered', 'silent', 'silent', 'silent']).hung).toEqual([3]);
  });

  it('when SIGSTOP holds it, even where it has never answered', () => {
    expect(after(['stopped', 'stopped', 'stopped']).hung).toEqual([2]);
  });

  it('and is given more time while its health route has never answered in time: that route is slow by nature', () => {
    expect(answerSeconds(spec, untested)).toBe(30);
    expect(after(['slow', 'slow', 'slow', 'slow', 'slow']).hung).toEqual([]);
    expect(after(['slow', 'silent', 'silent', 'slow', 'silent', 'silent', 'silent']).hung).toEqual([6]);
    expect(answerSeconds(spec, after(['slow', 'answered']).state)).toBe(4);
  });

  it('but not while it computes: that is overload', () => {
    expect(after(['answered', ...Array.from<Sign>({ length: 100 }).fill('busy')]).hung).toEqual([]);
  });

  it('is noticed in less than 20 seconds: one interval and three looks', () => {
    const { state } = after(['answered']);
    const silent = after(['silent'], state).state;
    expect(nextLook(spec, state) + 3 * nextLook(spec, silent)).toBeLessThan(20_000);
  });
});

describe('a replacement for silence', () => {
  it('that does not help for long is followed by longer and longer pauses, and SIGSTOP by none', () => {
    let state = untested;
    const gaps: number[] = [];
    let last = 0;
    for (let now = 0; now < 3_600_000; now += 4000) {
      // Each new process answers once and then no more.
      const sign: Sign = state.proven ? 'silent' : 'answered';
      const verdict = judge(state, sign, spec, now);
      state = verdict.hangs ? afresh(verdict.state) : verdict.state;
      if (verdict.hangs) {
        gaps.push(now - last);
        last = now;
      }
    }
    expect(gaps.slice(1, 5).map((gap) => Math.floor(gap / 60_000))).toEqual([1, 2, 4, 8]);
    expect(Math.max(...gaps)).toBeLessThan(640_000);
    expect(after(['stopped', 'stopped', 'stopped', 'stopped', 'stopped', 'stopped'], afresh(state)).hung).toEqual([
      2, 5,
    ]);
  });
});

it('whatever the signs, nothing is replaced sooner than three looks after the last time', () => {
  const signs = fc.array(fc.constantFrom<Sign>('answered', 'slow', 'silent', 'busy', 'stopped'), { maxLength: 60 });
  fc.assert(
    fc.property(signs, (row) => {
      const { hung } = after(row);
      expect(hung.every((at, index) => at - (hung[index - 1] ?? -1) >= spec.failures)).toBe(true);
    }),
  );
});
