import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { type JobContext, knownSite } from '../context.ts';
import { up } from './up.ts';

/**
 * Releases what the site's source has now, or another of its commits for this time. It ends a hold that a rollback has set,
 * and tries a revision again that failed before.
 */
export async function deploy(request: JobOf<'deploy'>, context: JobContext): Promise<JobResults['deploy']> {
  const record = await knownSite(context, request.site);
  const { ref } = request;
  // Somebody has looked: what the watch gave up may be tried again, and its rollbacks count from the first.
  if (record.rollbacks) {
    const { rollbacks: _, ...rest } = record;
    await context.records.write(rest);
  }
  // A ref of this one time is not what the site follows.
  return up(
    { ...record.request, kind: 'up', ...(ref !== undefined && { ref, once: true }), confirmed: 'any' },
    context,
  );
}
