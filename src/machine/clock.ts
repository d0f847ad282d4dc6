/** Time, behind an interface so that tests can hold it. */
export type Clock = {
  /** Milliseconds since 1970, for people and records. It can jump. */
  now(): number;
  /** Milliseconds that only ever go on, for delays and durations. */
  monotonic(): number;
  /** Calls back once after so many milliseconds; the answer cancels it. Does not keep the process alive. */
  after(milliseconds: number, then: () => void): () => void;
};

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, Math.max(0, milliseconds)).unref();
    return () => clearTimeout(timer);
  },
};

/** Keeps this process running, though nothing else would, until the answer is called. */
export function keepAlive(): () => void {
  const timer = setInterval(() => undefined, 2 ** 31 - 1);
  return () => clearInterval(timer);
}
