import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

/** A page as a visitor asks for it, except that the name is not looked up: this machine is asked. */
export type Visit = {
  readonly domain: string;
  readonly port: number;
  readonly path: string;
  /** PEM of what must have issued the certificate. */ readonly authority: string;
};

/** What came back: a status, or why there was none. */
export type Visited = { readonly status: number } | { readonly error: string };

/** Asks once, over TLS with the domain's name and a certificate that must be right. */
function visit({ domain, port, path, authority }: Visit, timeoutMs = 10_000): Promise<Visited> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path,
        servername: domain,
        ca: authority,
        agent: false,
        timeout: timeoutMs,
        headers: { host: port === 443 ? domain : `${domain}:${port}`, 'user-agent': 'roadie' },
      },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0 });
      },
    );
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    asked.once('error', (error) => resolve({ error: error.message }));
    asked.end();
  });
}

/**
 * Asks until `good` accepts the answer, `times` in a row and 50 ms apart, or the time is over, and resolves with the last answer.
 * the edge takes new files in by itself a moment after it was told to.
 */
export async function visitUntil(
  page: Visit,
  good: (visited: Visited) => boolean,
  patienceMs: number,
  times = 1,
): Promise<Visited> {
  const deadline = performance.now() + patienceMs;
  let inRow = 0;
  for (;;) {
    const visited = await visit(page);
    inRow = good(visited) ? inRow + 1 : 0;
    if (inRow === times || performance.now() > deadline) return visited;
    await delay(50);
  }
}
