import { join } from 'node:path';

import type { SiteRecord } from '../sites/record.ts';
import type { SiteStatus } from '../contract/status.ts';
import { fileBytes } from '../machine/files/disk.ts';
import { type Layout, siteLayout } from '../machine/layout.ts';
import { keptReleases, releaseNames } from '../sites/releases.ts';
import type { GroupSpec } from '../services/service.ts';

/** What of a site grows by itself, and how far it may. The site's access log is the edge's, so it has its cap from the edge. */
export async function siteDisk(
  { name, group }: SiteRecord,
  edge: GroupSpec | undefined,
  layout: Layout,
): Promise<SiteStatus['disk']> {
  const access = edge?.services.flatMap(({ ownLogs }) => ownLogs ?? []) ?? [];
  const own = (file: string, suffix: string): boolean => file.startsWith(`${name}${suffix}`);
  const sizes = await Promise.all([
    fileBytes(join(layout.sites, name, 'logs')),
    ...access.map(({ folder, suffix }) => fileBytes(folder, (file) => own(file, suffix))),
  ]);
  const caps = [...(group?.services ?? []).map(({ log }) => log), ...access];
  return {
    releases: (await releaseNames(siteLayout(layout.sites, name).releases)).length,
    releases_limit: keptReleases,
    logs_bytes: sum(sizes),
    logs_limit_bytes: sum(caps.map(({ maxBytes, keep }) => maxBytes * (keep + 1))),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
