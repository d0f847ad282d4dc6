/** How a kind of task is timed. Times in milliseconds. */
export type Timing = {
  /** Within so long tasks of this kind begin that are new or were missed: not all of them in the same second. */
  readonly spreadMs: number;
  /** Pauses after one failure, two failures and so on; the last one for all that follow. Empty: as after a success. */
  readonly retryMs: readonly number[];
  /** So many of this kind run at the same time. */
  readonly atOnce: number;
  /** Whether the last run is remembered by the next daemon: for what is due seldom. */
  readonly kept: boolean;
};

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** All that the daemon does by the clock, for a site or for the whole machine. */
export const tasks = {
  /** Asks the repository that a site follows. Each look is a process of some megabytes. The pauses are the site's own. */
  poll: { spreadMs: 10 * seconds, retryMs: [], atOnce: 3, kept: false },
  /** Looks at a release after its switch. Each site by itself: one that does not answer must not keep the others waiting. */
  bake: { spreadMs: 0, retryMs: [], atOnce: Number.POSITIVE_INFINITY, kept: false },
  /** Looks whether a site's certificate has to be renewed and whether it is the one that is served; retried as Certmagic does (`async.go`). */
  certificate: {
    spreadMs: minutes,
    retryMs: [1, 2, 2, 5, 10, 20, 20, 30, 30, 60, 180, 360].map((pause) => pause * minutes),
    atOnce: 1,
    kept: true,
  },
  /** Deletes for good what has been in the trash for long enough, and releases that nobody goes back to. */
  prune: { spreadMs: 10 * minutes, retryMs: [hours], atOnce: 1, kept: true },
} as const satisfies Readonly<Record<string, Timing>>;

export type TaskName = keyof typeof tasks;
