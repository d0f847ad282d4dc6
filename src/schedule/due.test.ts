import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { afterJump, firstTime, intervalOf, jitterOf, nextTime, type Timed } from './due.ts';
import { tasks } from './tasks.ts';

const hour = 3_600_000;
const now = Date.parse('2026-05-04T12:00:00Z');

function timed(changes: Partial<Timed> = {}): Timed {
  return { name: 'certificate/shop', everyMs: 12 * hour, timing: tasks.certificate, ...changes };
}

describe('the jitter of a task', () => {
  test('is always the same for a name, and from 0 up to 1', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(jitterOf(name)).toBe(jitterOf(name));
        expect(jitterOf(name)).toBeGreaterThanOrEqual(0);
        expect(jitterOf(name)).toBeLessThan(1);
      }),
    );
  });

  test('spreads a hundred sites over the whole time, however alike their names are', () => {
    const jitters = Array.from({ length: 100 }, (_, number) => jitterOf(`certificate/site-${number}`));
    for (let tenth = 0; tenth < 10; tenth += 1)
      expect(jitters.filter((jitter) => Math.floor(jitter * 10) === tenth).length).toBeLessThanOrEqual(25);
    expect(new Set(jitters).size).toBe(100);
  });
});

describe('the first run in a daemon', () => {
  test('is soon where the task is new or was missed, and not all at once', () => {
    const times = (kept: number | undefined): Set<number> =>
      new Set(
        ['a', 'b', 'c', 'd'].map((site) => firstTime(timed({ name: `certificate/${site}` }), kept, now) ?? Number.NaN),
      );
    for (const kept of [undefined, now, now - 30 * 24 * hour]) {
      expect(times(kept).size).toBe(4);
      for (const time of times(kept)) {
        expect(time).toBeGreaterThanOrEqual(now);
        expect(time).toBeLessThanOrEqual(now + tasks.certificate.spreadMs);
      }
    }
  });

  test('is when the daemon before had planned it, unless its clock was ahead', () => {
    expect(firstTime(timed(), now + hour, now)).toBe(now + hour);
    expect(firstTime(timed(), now + 1000 * hour, now)).toBeLessThanOrEqual(now + tasks.certificate.spreadMs);
  });

  test('does not come by itself where the task runs only when it is asked for', () => {
    expect(firstTime(timed({ everyMs: 0 }), undefined, now)).toBeUndefined();
  });
});

describe('the run after a run', () => {
  test('comes after the interval, a tenth more or less', () => {
    const next = nextTime(timed(), { failures: 0 }, now) ?? 0;
    expect(next - now).toBe(intervalOf(12 * hour, 'certificate/shop'));
    expect(Math.abs(next - now - 12 * hour)).toBeLessThanOrEqual(1.2 * hour);
  });

  test('comes sooner after a failure, and less and less often while it fails', () => {
    const pauses = Array.from(
      { length: 20 },
      (_, failures) => (nextTime(timed(), { failures: failures + 1 }, now) ?? 0) - now,
    );
    expect(pauses[0]).toBeLessThan(70_000);
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
    expect(pauses.at(-1)).toBeLessThanOrEqual(6.6 * hour);
  });

  test('is not more seldom than the task is due, however often it fails', () => {
    const next = nextTime(timed({ everyMs: hour }), { failures: 20 }, now) ?? 0;
    expect(next - now).toBeLessThanOrEqual(1.1 * hour);
  });

  test('comes when the task itself wants it', () => {
    expect(nextTime(timed(), { failures: 3, wishMs: 5 }, now)).toBe(now + 5);
    expect(nextTime(timed({ everyMs: 0 }), { failures: 0 }, now)).toBeUndefined();
  });
});

describe('a jump of the clock', () => {
  test('forward, or a sleep of the machine, has what was missed run once and soon, and leaves the rest', () => {
    expect(afterJump(timed(), now - 30 * hour, 40 * hour, now)).toBeLessThanOrEqual(now + tasks.certificate.spreadMs);
    expect(afterJump(timed(), now - 30 * hour, 40 * hour, now)).toBeGreaterThanOrEqual(now);
    expect(afterJump(timed(), now + hour, 40 * hour, now)).toBe(now + hour);
  });

  test('backward leaves the wait as it was', () => {
    const next = now + 100 * hour + hour;
    expect(afterJump(timed(), next, -100 * hour, now)).toBe(now + hour);
  });

  test('that is none, on a busy machine, changes nothing', () => {
    expect(afterJump(timed(), now - 1, 2000, now)).toBe(now - 1);
    expect(afterJump(timed(), now + 1, -2000, now)).toBe(now + 1);
  });
});
