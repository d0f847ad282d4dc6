import type { Clock } from '../machine/clock.ts';
import { queueLength } from '../machine/socket-tables.ts';

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

/**
 * Resolves when nobody waits in the queues of these sockets, or after `limit` milliseconds, or as soon as `enough` says so.
 * Twice in a row: a connection that was on its way to the old socket at the moment of the rename may come after a first look.
 */
export async function drained(
  sockets: readonly { readonly bound: string }[],
  clock: Clock,
  limit: number,
  enough: () => boolean = () => false,
): Promise<void> {
  if (sockets.length === 0) return;
  const end = clock.monotonic() + limit;
  for (let empty = 0; empty < 2 && !enough() && clock.monotonic() < end;) {
    await pause(clock, drainInterval);
    empty = sockets.every((socket) => queueLength(socket.bound) === 0) ? empty + 1 : 0;
  }
}
