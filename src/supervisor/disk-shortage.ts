const mebibyte = 1024 * 1024;

/** What is kept free of a disk: less than that, and databases stop. */
export function reserveOf(totalBytes: number): number {
  const wanted = Math.max(512 * mebibyte, Math.min(totalBytes * 0.03, 5120 * mebibyte));
  // A small disk is never all reserve.
  return Math.floor(Math.min(wanted, totalBytes / 10));
}

/** Who has written less since the disk had room is not who fills it. */
const leastWritten = 16 * mebibyte;

/** A site that fills the disk again so soon after a restart is stopped, in milliseconds. */
const again = 600_000;

/** How many bytes the files have that a site has written since the disk had room; undefined where nobody could tell. */
export type Written = { readonly site: string; readonly bytes: number | undefined };

/** Whether a disk will be at its reserve within seconds, the way it fills. `before` and `after`: what is free, `seconds` apart. */
export function fillsUp(before: number, after: number, seconds: number, reserve: number): boolean {
  return after < reserve || (before - after) / seconds > (after - reserve) / soon;
}

/** So many seconds are enough to find out who it is, and to end that. */
const soon = 4;

/** What is to be done about a disk that is nearly full: the writers of a site are started again, or stopped where that has not helped. */
export type DiskVerdict = { readonly site: string; readonly bytes: number; readonly action: 'restart' | 'stop' };

/** Decides from what sites have written, and when their writers were last started again (`restarted`, by site). */
export function judgeDisk(
  sites: readonly Written[],
  restarted: ReadonlyMap<string, number>,
  now: number,
): DiskVerdict | undefined {
  const most = sites
    .flatMap(({ site, bytes }) => (bytes === undefined ? [] : [{ site, bytes }]))
    .toSorted((one, other) => other.bytes - one.bytes)[0];
  if (!most || most.bytes < leastWritten) return undefined;
  const last = restarted.get(most.site);
  return { ...most, action: last !== undefined && now - last < again ? 'stop' : 'restart' };
}
