import { join } from 'node:path';

import type { SiteRecord } from '../blueprint/site.ts';
import type { Releases } from '../contract/releases.ts';
import type { Layout } from '../machine/layout.ts';
import { listReleases } from '../machine/release-list.ts';
import type { RunningJob } from './job-runner.ts';

/** A site's releases with what is going on, for `roadie releases` and `roadie deploy --status`. */
export async function releasesOf(
  record: SiteRecord,
  running: RunningJob | undefined,
  layout: Layout,
  now: number,
): Promise<Releases> {
  const live = record.release?.id ?? null;
  const { bake } = record;
  return {
    site: record.name,
    live,
    releases: (await listReleases(join(layout.sites, record.name, 'releases'))).map(({ id, revision, builtAt }) => ({
      id,
      revision,
      built_at: builtAt,
      live: id === live,
    })),
    running: running ? { job: running.id, kind: running.kind, site: running.site ?? null, since: running.since } : null,
    held: record.held ?? null,
    failed: record.failed ?? null,
    bake:
      bake && bake.release === live && Date.parse(bake.until) > now
        ? { release: bake.release, previous: bake.previous, until: bake.until }
        : null,
  };
}
