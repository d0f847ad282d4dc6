/** Resolves after so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks until it holds. Throws after `limit` milliseconds. */
export async function until(what: string, limit: number, holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + limit; ; await pause(50)) {
    if (await holds().catch(() => false)) return;
    if (performance.now() > end) throw new Error(`waited ${limit / 1000} s in vain for ${what}`);
  }
}
