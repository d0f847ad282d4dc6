/** What is remembered from look to look. `notBefore` in milliseconds of the clock that `now` comes from. */
export type MemoryUse = { readonly above: number; readonly notBefore: number };

export const unmeasured: MemoryUse = { above: 0, notBefore: 0 };

/** Milliseconds between two looks at a service's memory. */
export const memoryInterval = 10_000;

/** Looks in a row above the limit that count: one alone may be a large request's. */
const looks = 2;

/** A service that needs more than its limit by nature is not replaced more often than this, in milliseconds. */
const pause = 300_000;

/** Whether a service is to be replaced for its memory. `bytes` and `limit` of all its processes together. */
export function weigh(
  state: MemoryUse,
  bytes: number,
  limit: number,
  now: number,
): { readonly state: MemoryUse; readonly replace: boolean } {
  if (bytes <= limit) return { state: { ...state, above: 0 }, replace: false };
  const above = state.above + 1;
  if (above < looks || now < state.notBefore) return { state: { ...state, above }, replace: false };
  return { state: { above: 0, notBefore: now + pause }, replace: true };
}
