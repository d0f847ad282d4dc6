import { request } from 'node:http';

/** What is asked, and by how many at once. */
export type LoadQuestion = {
  /** Absolute path of a unix socket. */
  readonly socket: string;
  /** Paths of pages, asked in turn with GET. */
  readonly paths: readonly [string, ...string[]];
  readonly headers: Readonly<Record<string, string>>;
  /** How many ask at the same time, each again as soon as it has its answer. */
  readonly clients: number;
  readonly seconds: number;
};

export type LoadResult = {
  readonly requestsPerSecond: number;
  /** The time within which 95 of 100 answers came, in milliseconds; 0 where none came. */
  readonly p95Ms: number;
  /** Requests without an answer within {@link patienceMs}, or with one from 500 on. */
  readonly failed: number;
};

/** Longer than any visitor waits. Milliseconds. */
const patienceMs = 20_000;

/** Asks a web server on a unix socket for some seconds, without a pause and each time on a new connection, as the edge does. */
export async function measureLoad(question: LoadQuestion): Promise<LoadResult> {
  const { paths, clients, seconds } = question;
  const began = performance.now();
  const end = began + seconds * 1000;
  const times: number[] = [];
  let failed = 0;
  let turn = 0;
  const visitor = async (): Promise<void> => {
    while (performance.now() < end) {
      const path = paths[turn % paths.length] ?? paths[0];
      turn += 1;
      const asked = performance.now();
      const status = await statusOf(question, path);
      if (status === undefined || status >= 500) failed += 1;
      else times.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: clients }, visitor));
  const took = (performance.now() - began) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    requestsPerSecond: times.length / took,
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    failed,
  };
}

/** The status of an answer that was read to its end; undefined where none came. */
function statusOf({ socket, headers }: LoadQuestion, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request({
      socketPath: socket,
      path,
      method: 'GET',
      headers: { ...headers, Connection: 'close' },
      agent: false,
      timeout: patienceMs,
    });
    sent.once('response', (response) => {
      response.once('error', () => resolve(undefined));
      response.once('end', () => resolve(response.statusCode));
      response.resume();
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', () => resolve(undefined));
    sent.end();
  });
}
