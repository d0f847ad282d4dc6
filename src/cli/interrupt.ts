import { catalogue } from '../problems/catalogue.ts';
import type { Context } from './command.ts';

/** Runs something that Ctrl-C ends; returns the exit code for it. */
export async function untilInterrupted(context: Context, act: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const interrupted = new AbortController();
  const stopListening = context.env.onInterrupt(() => interrupted.abort());
  try {
    await act(interrupted.signal);
    return interrupted.signal.aborted ? catalogue.interrupted.exit : 0;
  } finally {
    stopListening();
  }
}
