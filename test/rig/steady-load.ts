import { type Agent, request } from 'node:https';

/** How long requests took, in milliseconds, and what went wrong with some. */
export type Latencies = {
  readonly sorted: readonly number[];
  /** Of those sent after the first two seconds. */
  readonly settled: readonly number[];
  readonly failures: readonly string[];
};

/**
 * Asks a page at a steady rate, whether or not earlier requests have been answered: what is slow does not hide that others wait
 * for it. Each on a connection of its own.
 */
export async function steadyLoad(
  target: { readonly port: number; readonly domain: string; readonly path: string },
  { rate, until }: { readonly rate: number; readonly until: AbortSignal },
): Promise<Latencies> {
  const taken: { readonly sent: number; readonly ms: number }[] = [];
  const failures: string[] = [];
  const pending = new Set<Promise<void>>();
  const began = performance.now();
  for (let number = 0; !until.aborted; number += 1) {
    const wait = began + (number * 1000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const sent = performance.now();
    const one = (async (): Promise<void> => {
      try {
        const status = await ask(target);
        taken.push({ sent: sent - began, ms: performance.now() - sent });
        if (status !== 200) failures.push(`status ${status}`);
      } catch (error) {
        failures.push(String(error));
      }
    })();
    pending.add(one);
    void one.finally(() => pending.delete(one));
  }
  await Promise.all(pending);
  const sorted = (list: typeof taken): readonly number[] =>
    list.map(({ ms }) => ms).toSorted((one, other) => one - other);
  return { sorted: sorted(taken), settled: sorted(taken.filter(({ sent }) => sent > 2000)), failures };
}

/** The value below which that share of a sorted list lies; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Asks a page once, from an address of the loopback's, on a connection of its own unless an agent has one; resolves with the status. */
export function ask(
  { port, domain, path }: { readonly port: number; readonly domain: string; readonly path: string },
  {
    from,
    seconds = 30,
    agent = false,
  }: { readonly from?: string; readonly seconds?: number; readonly agent?: Agent | false } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        servername: domain,
        rejectUnauthorized: false,
        agent,
        timeout: seconds * 1000,
        headers: { host: `${domain}:${port}` },
        ...(from !== undefined && { localAddress: from }),
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${seconds} seconds`)));
    sent.on('error', reject);
    sent.end();
  });
}
