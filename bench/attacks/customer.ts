import { request } from 'node:https';

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
        const why = await this.#ask(path).then(
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
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { asked: sorted.length, failed: this.#failed, worstMs: at(1), p99Ms: at(0.99), medianMs: at(0.5) };
  }

  #ask(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path,
          servername: this.#domain,
          localAddress: this.#from,
          rejectUnauthorized: false,
          agent: false,
          headers: { host: `${this.#domain}:${this.#port}` },
          timeout: 20_000,
        },
        (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode ?? 0));
          response.once('error', reject);
        },
      );
      asked.once('timeout', () => asked.destroy(new Error('no answer in 20 s')));
      asked.once('error', reject);
      asked.end();
    });
  }
}
