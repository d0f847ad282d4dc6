import { siteUrl } from '../../blueprint/site-url.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { goBack, releaseToGoBackTo, unwatched } from '../../deploy/rollback.ts';
import { siteLayout } from '../../machine/layout.ts';
import type { SiteRecord } from '../../sites/record.ts';
import { OpenRecord } from '../../sites/open-record.ts';
import { machineTarget } from '../../targets/machine/index.ts';
import { type JobContext, knownSite, otherSites } from '../context.ts';

/** Goes back to an earlier release (`deploy/rollback.ts`). */
export async function rollback(request: JobOf<'rollback'>, context: JobContext): Promise<JobResults['rollback']> {
  const record = await knownSite(context, request.site);
  const { releases } = siteLayout(context.layout.sites, record.name);
  const { record: release, blueprint } = await releaseToGoBackTo(request, record, releases);
  const { bake: _, ...rest } = record;
  const site = new OpenRecord({ ...rest, built: release }, context.records);
  const others = (): Promise<readonly SiteRecord[]> => otherSites(context, record.name);
  const target = await machineTarget({ record: site, blueprint, others, keepSeconds: unwatched.seconds }, context);
  const { daemon, emit } = context;
  await goBack(release, request.because, {
    site,
    target,
    blueprint,
    limits: unwatched,
    releases,
    watch: daemon,
    emit,
  });
  return {
    site: record.name,
    url: siteUrl(record.domains[0], record.ports.https),
    release: release.id,
    previous: record.release?.id ?? '',
  };
}
