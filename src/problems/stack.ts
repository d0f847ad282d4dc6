/** Anything that was thrown, as text for a log: with where it comes from, where that is known. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
