import type { Timing } from './tasks.ts';

/** A number from 0 up to 1, always the same for a name: it spreads tasks out, and can be foretold. FNV-1a. */
export function jitterOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  // The last characters of similar names must count in the first bits too.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** A task that is timed: `everyMs` 0 for one that only runs when somebody asks for it. */
export type Timed = { readonly name: string; readonly everyMs: number; readonly timing: Timing };

/** An interval as it is for this task: up to a tenth shorter or longer, so that equal intervals drift apart. */
export function intervalOf(milliseconds: number, name: string): number {
  return Math.round(milliseconds * (0.9 + 0.2 * jitterOf(name)));
}

/**
 * When a task runs for the first time in a daemon; milliseconds since 1970, undefined for never. `kept`: what the daemon before had
 * planned. What was missed meanwhile runs once, soon; so does what was planned by a clock that has been set back since.
 */
export function firstTime(timed: Timed, kept: number | undefined, now: number): number | undefined {
  const { everyMs } = timed;
  if (everyMs === 0) return undefined;
  const farthest = now + intervalOf(Math.max(everyMs, ...timed.timing.retryMs), timed.name);
  return kept !== undefined && kept > now && kept <= farthest ? kept : soon(timed, now);
}

/** When a task runs again after a run. `wishMs`: in how many milliseconds it asks to, which goes before everything else. */
export function nextTime(
  timed: Timed,
  { failures, wishMs }: { readonly failures: number; readonly wishMs?: number | undefined },
  now: number,
): number | undefined {
  if (wishMs !== undefined) return now + wishMs;
  const { retryMs } = timed.timing;
  const pause = failures > 0 ? retryMs[Math.min(failures, retryMs.length) - 1] : undefined;
  // A task that is due often is not retried more seldom than it is due.
  const milliseconds = pause === undefined ? timed.everyMs : Math.min(pause, timed.everyMs);
  return milliseconds === 0 ? undefined : now + intervalOf(milliseconds, timed.name);
}

/** The least that is called a jump of the clock, in milliseconds: less is a busy machine. */
const jump = 30_000;

/**
 * When a task runs that was planned for `next`, once the clock has jumped by `jumpedMs`. Forward, after a sleep of the machine too:
 * what was missed runs once, spread out. Backward: the wait that was left stays as it was.
 */
export function afterJump(timed: Timed, next: number, jumpedMs: number, now: number): number {
  if (jumpedMs <= -jump) return next + jumpedMs;
  return jumpedMs >= jump && next <= now ? soon(timed, now) : next;
}

function soon({ name, everyMs, timing }: Timed, now: number): number {
  return now + Math.round(Math.min(timing.spreadMs, everyMs) * jitterOf(name));
}
