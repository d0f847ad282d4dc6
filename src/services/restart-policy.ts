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
