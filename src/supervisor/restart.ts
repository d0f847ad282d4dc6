/** When to start a service again after it exited unwantedly. Seconds. There is no limit: what is wanted up is never given up on. */
export type RestartPolicy = {
  /** Delay before the first restart after a run that lasted at least `stableSeconds`. 0 restarts at once. */
  readonly firstDelaySeconds: number;
  readonly initialDelaySeconds: number;
  readonly factor: number;
  readonly maxDelaySeconds: number;
  /** A run this long makes the count of failures start anew. */
  readonly stableSeconds: number;
};

/** At once after a good run; else 0.1 s, doubling to 30 s (faults: crash loop). */
export const standardRestart: RestartPolicy = {
  firstDelaySeconds: 0,
  initialDelaySeconds: 0.1,
  factor: 2,
  maxDelaySeconds: 30,
  stableSeconds: 10,
};
