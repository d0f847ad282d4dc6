import type { Clock } from '../../src/machine/clock.ts';

/** Time that goes on when a test says so. */
export class HeldClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many calls are awaited. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Goes on, calling what is due; what a call sets up in turn waits for the next time. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers].toSorted((a, b) => a.at - b.at)) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.call();
    }
  }
  /** Goes on from call to call for so many milliseconds, what these set up included; what was begun goes on between them. */
  async run(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const at = Math.min(...[...this.#timers].map((timer) => timer.at));
      if (at > end) break;
      this.pass(Math.max(0, at - this.#now));
      await settled();
    }
    this.#now = end;
  }
}

/** Lets what was begun go on until it waits for something outside. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}
