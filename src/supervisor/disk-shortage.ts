const mebibyte = 1024 * 1024;

/** What is kept free of a disk: less than that, and databases stop. */
export function reserveOf(totalBytes: number): number {
  const wanted = Math.max(512 * mebibyte, Math.min(totalBytes * 0.03, 5120 * mebibyte));
  // A small disk is never all reserve.
  return Math.floor(Math.min(wanted, totalBytes / 10));
}

/** What has grown less between two looks at a disk that is nearly full is not what fills it. */
const leastGrowth = 8 * mebibyte;

/** A site that fills the disk again so soon after a restart is stopped, in milliseconds. */
const again = 600_000;

/** How many bytes a site takes, at one look and the next; undefined where nobody could tell. */
export type Growth = {
  readonly site: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
};

/** What is to be done about a disk that is nearly full: the writers of a site are started again, or stopped where that has not helped. */
export type DiskVerdict = { readonly site: string; readonly bytes: number; readonly action: 'restart' | 'stop' };

/** Decides from how sites have grown between two looks, and when their writers were last started again (`restarted`, by site). */
export function judgeDisk(
  growths: readonly Growth[],
  restarted: ReadonlyMap<string, number>,
  now: number,
): DiskVerdict | undefined {
  const grown = growths
    .flatMap(({ site, before, after }) =>
      before === undefined || after === undefined ? [] : [{ site, bytes: after - before }],
    )
    .toSorted((one, other) => other.bytes - one.bytes);
  const most = grown[0];
  if (!most || most.bytes < leastGrowth) return undefined;
  const last = restarted.get(most.site);
  return { ...most, action: last !== undefined && now - last < again ? 'stop' : 'restart' };
}
