import type { RestartPolicy } from '../services/restart-policy.ts';

/**
 * How long to wait before the next start, in milliseconds.
 * `failures` counts the failed runs in a row before the one that has just ended: 0 for a first failure or after a stable run.
 */
export function restartDelay(policy: RestartPolicy, failures: number): number {
  if (failures <= 0) return Math.min(policy.firstDelaySeconds, policy.maxDelaySeconds) * 1000;
  // Beyond 2^60 the product is infinite or imprecise, and long since above any maximum.
  const seconds = policy.initialDelaySeconds * policy.factor ** Math.min(failures - 1, 60);
  return Math.min(seconds, policy.maxDelaySeconds) * 1000;
}
