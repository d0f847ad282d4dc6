import { ask, percentile } from '../../test/rig/steady-load.ts';

/** What a customer met: how many requests, which failed, and how long they took. */
export type Met = {
  readonly asked: number;
  readonly failed: readonly string[];
  readonly worstMs: number;
  readonly p99Ms: number;
  readonly medianMs: number;
};

/** Somebody who asks one page of a site after the other, each on a new connection, while others do something else. */
export class Customer {
  readonly #port: number;
  readonly #domain: string;
  readonly #from: string;
  readonly #times: number[] = [];
  readonly #failed: string[] = [];
  #going: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(port: number, domain: string, from = '127.0.0.7') {
    this.#port = port;
    this.#domain = domain;
    this.#from = from;
  }

  /** Begins; `pauseMs` between an answer and the next question. */
  begin(path: string, pauseMs = 50): void {
    this.#going = (async () => {
      while (!this.#ended) {
        const start = performance.now();
        const why = await ask({ port: this.#port, domain: this.#domain, path }, { from: this.#from, seconds: 20 }).then(
          (status) => (status === 200 ? undefined : `answered ${status}`),
          (error: unknown) => String(error),
        );
        this.#times.push(performance.now() - start);
        if (why !== undefined) this.#failed.push(why);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    })();
  }

  /** For so long, then it ends. */
  async during(path: string, milliseconds: number, pauseMs = 20): Promise<Met> {
    this.begin(path, pauseMs);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return this.end();
  }

  async end(): Promise<Met> {
    this.#ended = true;
    await this.#going;
    const sorted = this.#times.toSorted((a, b) => a - b);
    return {
      asked: sorted.length,
      failed: this.#failed,
      worstMs: percentile(sorted, 1),
      p99Ms: percentile(sorted, 0.99),
      medianMs: percentile(sorted, 0.5),
    };
  }
}
