import http from 'node:http';
import https from 'node:https';

import { treeMemory } from '../../src/machine/processes/process-stats.ts';
import { allProcesses, processTree, ticksPerSecond } from '../../src/machine/processes/processes.ts';

/** Where a page is asked for: as visitors do, over HTTPS, or at the server's own socket. */
export type Reach = { readonly domain: string } & ({ readonly port: number } | { readonly socket: string });

/** What is asked there. */
export type Page = {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST; absent: GET. */
  readonly body?: Buffer;
  /** The status of a right answer; absent: 200. */
  readonly status?: number;
};

/** Requests a second, the server's processor time for each, and what it holds after the load. */
export type Figure = {
  readonly rate: number;
  readonly microseconds: number;
  readonly megabytes: number;
  readonly processes: number;
};

const visitors = 16;

/**
 * Asks a page for some seconds, each visitor again once it has an answer. `pid` is the server's first process. Pages of memory that
 * several of its processes share are counted once. Throws where an answer has another status.
 */
export async function measure(pid: number, reach: Reach, page: Page, seconds: number): Promise<Figure> {
  const before = processorTime(pid);
  const until = performance.now() + seconds * 1000;
  const answered = await Promise.all(
    Array.from({ length: visitors }, (_none, index) => visit(index, reach, page, until)),
  );
  const requests = answered.reduce((sum, each) => sum + each, 0);
  return {
    rate: requests / seconds,
    microseconds: (processorTime(pid) - before) / requests,
    megabytes: treeMemory(pid) / 2 ** 20,
    processes: processTree(pid).length,
  };
}

/** From several addresses in turn, each with its connection: of one alone the edge would refuse most. */
async function visit(index: number, reach: Reach, page: Page, until: number): Promise<number> {
  const places = Array.from({ length: 16 }, (_one, place) => ({
    localAddress: `127.0.${index + 1}.${place + 1}`,
    agent: new https.Agent({ keepAlive: true, maxSockets: 1 }),
  }));
  let answered = 0;
  while (performance.now() < until) {
    const status = await ask(reach, page, places[answered % places.length]);
    if (status !== (page.status ?? 200)) throw new Error(`${page.path} answers ${status}`);
    answered += 1;
  }
  for (const { agent } of places) agent.destroy();
  return answered;
}

function ask(reach: Reach, page: Page, place: https.RequestOptions = {}): Promise<number> {
  const method = page.body ? 'POST' : 'GET';
  return new Promise((resolve, reject) => {
    const sent =
      'port' in reach
        ? https.request({
            host: '127.0.0.1',
            port: reach.port,
            servername: reach.domain,
            rejectUnauthorized: false,
            path: page.path,
            method,
            headers: {
              ...page.headers,
              host: `${reach.domain}:${reach.port}`,
              // Django believes no form that came from elsewhere.
              ...(page.body && { origin: `https://${reach.domain}:${reach.port}` }),
            },
            ...place,
          })
        : http.request({
            socketPath: reach.socket,
            path: page.path,
            method,
            agent: false,
            headers: {
              ...page.headers,
              host: reach.domain,
              'x-forwarded-proto': 'https',
              'x-real-ip': '127.0.0.1',
              connection: 'close',
            },
          });
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(page.body);
  });
}

/** What all processes below one have used, in microseconds. */
function processorTime(pid: number): number {
  const processes = allProcesses();
  return processTree(pid, processes).reduce(
    (sum, one) => sum + ((processes.get(one)?.ticks ?? 0) * 1_000_000) / ticksPerSecond,
    0,
  );
}
