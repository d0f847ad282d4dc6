import type { BakeLimits, SiteRecord } from '../sites/record.ts';

/**
 * The watch over a release that goes live now, for the record; undefined where there is nothing to go back to, or nothing is to be
 * watched. A release that visitors met errors of while it was watched (`doubted`) is nothing to go back to: two bad commits one after
 * the other end where both began.
 */
export function watchOver(
  release: string,
  { bake, release: live }: Pick<SiteRecord, 'bake' | 'release'>,
  limits: BakeLimits,
  now: number,
  doubted: boolean,
): SiteRecord['bake'] {
  if (live === undefined || limits.seconds === 0) return undefined;
  const until = new Date(now + limits.seconds * 1000).toISOString();
  const unproven = doubted && bake?.release === live.id && Date.parse(bake.until) > now && bake.previous !== release;
  return {
    release,
    previous: unproven ? bake.previous : live.id,
    ...(unproven && { passedBy: live.id }),
    until,
    limits,
  };
}
