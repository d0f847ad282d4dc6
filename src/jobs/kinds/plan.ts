import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { type JobContext, knownSite } from '../context.ts';
import { up } from './up.ts';

/** What `up` would change now: drift of the machine as well as changes of the project. Changes nothing. */
export async function planSite(request: JobOf<'plan'>, context: JobContext): Promise<JobResults['plan']> {
  const record = await knownSite(context, request.site);
  const { site, plan, overrides, notes } = await up({ ...record.request, kind: 'up' }, context);
  return { site, plan, overrides, notes };
}
