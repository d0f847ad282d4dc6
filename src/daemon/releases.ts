import type { SiteRecord } from '../sites/record.ts';
import type { Releases } from '../contract/releases.ts';
import { type Layout, siteLayout } from '../machine/layout.ts';
import { listReleases } from '../sites/releases.ts';
import type { RunningJob } from './job-runner.ts';
import type { ReleaseView } from './release-views.ts';

/** A site's releases with what is going on, for `roadie releases` and `roadie deploy --status`. */
export async function releasesOf(
  record: SiteRecord,
  running: RunningJob | undefined,
  layout: Layout,
  view: ReleaseView,
): Promise<Releases> {
  const live = record.release?.id ?? null;
  return {
    site: record.name,
    live,
    releases: (await listReleases(siteLayout(layout.sites, record.name).releases)).map(({ id, revision, builtAt }) => ({
      id,
      revision,
      built_at: builtAt,
      live: id === live,
    })),
    running: running ? { job: running.id, kind: running.kind, site: running.site ?? null, since: running.since } : null,
    failed: record.failed ?? null,
    ...view,
  };
}
