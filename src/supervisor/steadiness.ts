import type { Clock } from '../machine/clock.ts';
import { earlyEndsOf, type Lifecycle } from './lifecycle-state.ts';
import { isCrashLoop } from './restart.ts';
import { pause } from './waiting.ts';

/** What has run for so long since it last ended early is taken for well. Milliseconds. */
const wellMs = 10_000;
/** What never served, and has no answer to give that it works, is looked at for so long from its start. Milliseconds. */
const lookMs = 5000;
const interval = 100;
/** However it goes on, nobody waits longer than this. Milliseconds. */
const patienceMs = 90_000;

/** Whether a service has run for so long since it last ended early that it is taken for well. `now` as for the lifecycle. */
export function isWell(state: Lifecycle, now: number): boolean {
  return state.state === 'ready' && now - state.process.startedAt >= wellMs;
}

/** How a service that was ready went on. */
type Steadiness = 'steady' | 'unknown' | 'loop';

/** Whether a service lasts. `unasked`: nothing but that it runs has said that it is ready. */
export function steadiness(state: Lifecycle, now: number, unasked: boolean): Steadiness {
  const ends = earlyEndsOf(state, now);
  if (isCrashLoop(ends)) return 'loop';
  if (state.wanted === 'down') return 'steady';
  if (state.state !== 'ready') return 'unknown';
  if (ends > 0) return isWell(state, now) ? 'steady' : 'unknown';
  return unasked && now - state.process.startedAt < lookMs ? 'unknown' : 'steady';
}

/** Looks at a service until it is known whether it lasts, or there is nothing to look at. True where it is in a crash loop. */
export async function fallsIntoLoop(
  look: () => Lifecycle | undefined,
  clock: Clock,
  unasked: boolean,
): Promise<boolean> {
  const end = clock.monotonic() + patienceMs;
  for (;;) {
    const state = look();
    const found = state ? steadiness(state, clock.monotonic(), unasked) : 'steady';
    if (found !== 'unknown' || clock.monotonic() >= end) return found === 'loop';
    await pause(clock, interval);
  }
}
