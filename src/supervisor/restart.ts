import type { RestartPolicy } from '../services/restart-policy.ts';

/** A run that ends by itself sooner than this ended early. Seconds. */
export const earlySeconds = 60;

/** So many early ends in a row are a crash loop: from then on each start waits, however well the run before began. */
export const crashLoopEnds = 5;

/** Whether runs that ended early, so many in a row, are a crash loop. */
export function isCrashLoop(earlyEnds: number): boolean {
  return earlyEnds >= crashLoopEnds;
}

/**
 * How long to wait before the next start, in milliseconds.
 * `failures` counts the failed runs in a row before the one that has just ended: 0 for a first failure or after a stable run.
 * `earlyEnds` counts the runs in a row that ended early, with that one: what is ready for two seconds each time is no better for it.
 */
export function restartDelay(policy: RestartPolicy, failures: number, earlyEnds = 0): number {
  return Math.max(delayAfter(policy, failures), delayAfter(policy, earlyEnds - crashLoopEnds + 1));
}

function delayAfter(policy: RestartPolicy, failures: number): number {
  if (failures <= 0) return Math.min(policy.firstDelaySeconds, policy.maxDelaySeconds) * 1000;
  // Beyond 2^60 the product is infinite or imprecise, and long since above any maximum.
  const seconds = policy.initialDelaySeconds * policy.factor ** Math.min(failures - 1, 60);
  return Math.min(seconds, policy.maxDelaySeconds) * 1000;
}
