import type { Clock } from '../machine/clock.ts';
import { queueLength } from '../machine/network/socket-tables.ts';

/** Resolves after so long, or at once when the signal aborts. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(milliseconds, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** How often a draining socket's queue is looked at, in milliseconds. */
const drainInterval = 25;

/** The edge waits 65 s for an answer (`proxy_read_timeout`): whoever is still in a queue then has been told so. Milliseconds. */
const longestDrain = 70_000;

/**
 * Resolves when nobody waits in the queues of these sockets, or after `limit` milliseconds in which no queue became shorter, or as
 * soon as `enough` says so. In overload a queue takes longer than any process's stop: what it holds would be lost.
 * Twice in a row: a connection that was on its way to the old socket at the moment of the rename may come after a first look.
 */
export async function drained(
  sockets: readonly { readonly bound: string }[],
  clock: Clock,
  limit: number,
  enough: () => boolean = () => false,
): Promise<void> {
  if (sockets.length === 0) return;
  const last = clock.monotonic() + longestDrain;
  let end = clock.monotonic() + limit;
  let shortest = Number.POSITIVE_INFINITY;
  for (let empty = 0; empty < 2 && !enough() && clock.monotonic() < Math.min(end, last);) {
    await pause(clock, drainInterval);
    const waiting = sockets.reduce((sum, socket) => sum + queueLength(socket.bound), 0);
    empty = waiting === 0 ? empty + 1 : 0;
    if (waiting < shortest) end = clock.monotonic() + limit;
    shortest = Math.min(shortest, waiting);
  }
}
