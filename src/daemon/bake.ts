import type { BakeLimits } from '../blueprint/site.ts';

/** Requests of a site, as counted in its access log. */
export type Requests = { readonly all: number; readonly failed: number };

/** What is known of a release since its switch. */
export type BakeSample = {
  readonly since: Requests;
  /** The last requests before the switch: a site that failed before is not the new release's fault. */
  readonly before: Requests;
  /** Unwanted ends of the release's services since the switch. */
  readonly crashes: number;
};

/** With fewer failures than this nothing is proven: a scanner meets a 500 on any site. */
const fewest = 3;

/** Whether to go back, and why; undefined to go on watching. */
export function decideBake(sample: BakeSample, limits: BakeLimits): string | undefined {
  if (sample.crashes >= limits.crashes) {
    return `its services ended unwantedly ${sample.crashes} times since the switch`;
  }
  const { since, before } = sample;
  const share = percent(since);
  // Twice what it was before: noise of a site that has always had its errors does not send a release back.
  const limit = Math.max(limits.errorPercent, percent(before) * 2);
  if (since.failed < fewest || share <= limit) return undefined;
  return `${since.failed} of ${since.all} requests failed since the switch (${share.toFixed(0)} %, before it ${percent(before).toFixed(0)} %)`;
}

/** Counts the requests in lines of an access log. What Django was not asked (static files) counts as a request as well. */
export function countRequests(lines: readonly string[]): Requests {
  let all = 0;
  let failed = 0;
  for (const line of lines) {
    const status = /" (\d{3}) \d+ "/.exec(line)?.[1];
    if (status === undefined) continue;
    all += 1;
    if (status.startsWith('5')) failed += 1;
  }
  return { all, failed };
}

function percent({ all, failed }: Requests): number {
  return all === 0 ? 0 : (failed / all) * 100;
}
