import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { fetchPlace } from '../../source/fetch-place.ts';
import { layOutPushed, ownRepository } from '../../source/own-repository.ts';
import { mirrorOf } from '../../source/source.ts';
import { type JobContext, knownSite } from '../context.ts';
import { up } from './up.ts';

/**
 * Releases a commit that somebody is pushing, before git takes it in: where it is refused, so is the push. From the first push
 * that succeeds on, the site's own repository is its source.
 */
export async function push(request: JobOf<'push'>, context: JobContext): Promise<JobResults['push']> {
  const { site, branch, revision, objects } = request;
  const record = await knownSite(context, site);
  const repository = ownRepository(context.layout.sites, site);
  const { checkouts } = await fetchPlace(context.layout, repository, site);
  const mirror = mirrorOf(checkouts, repository);
  await layOutPushed({ repository, objects, revision, mirror, log: context.log });
  const asked = { ...record.request, source: repository, ref: branch };
  const result = await up({ ...asked, kind: 'up', revision, once: true, confirmed: 'any' }, context);
  const { follow: _, dealt: __, ...now } = await knownSite(context, site);
  await context.records.write({ ...now, request: asked });
  return result;
}
