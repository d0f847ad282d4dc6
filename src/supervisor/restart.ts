/** When to start a service again after it exited unwantedly. Seconds. There is no limit: what is wanted up is never given up on. */
export type RestartPolicy = {
  /** Delay before the first restart after a run that lasted at least `stableSeconds`, and after the first failure of all. 0 restarts at once. */
  readonly firstDelaySeconds: number;
  readonly initialDelaySeconds: number;
  readonly factor: number;
  readonly maxDelaySeconds: number;
  /** A run this long makes the count of failures start anew. */
  readonly stableSeconds: number;
};

/**
 * At once after a good run; else 0.1 s, doubling to 30 s. A run counts as good from the second that
 * supervisord and PM2 ask for as well, and only if it had become ready: what dies while it boots always backs off.
 */
export const standardRestart: RestartPolicy = {
  firstDelaySeconds: 0,
  initialDelaySeconds: 0.1,
  factor: 2,
  maxDelaySeconds: 30,
  stableSeconds: 1,
};

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
