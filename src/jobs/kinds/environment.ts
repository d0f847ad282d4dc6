import type { SiteRecord } from '../../sites/record.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { type JobContext, knownSite } from '../context.ts';
import { changeLive } from './change-live.ts';

/** Sets variables of a site; what runs is replaced without refusing a request. */
export async function setEnvironment(request: JobOf<'env-set'>, context: JobContext): Promise<JobResults['env-set']> {
  const record = await knownSite(context, request.site);
  const changed = Object.keys(request.values).filter((name) => record.ownerEnvironment[name] !== request.values[name]);
  return change(record, { ...record.ownerEnvironment, ...request.values }, changed, context);
}

/** Takes variables back that the owner had set. */
export async function unsetEnvironment(
  request: JobOf<'env-unset'>,
  context: JobContext,
): Promise<JobResults['env-unset']> {
  const record = await knownSite(context, request.site);
  const changed = request.names.filter((name) => name in record.ownerEnvironment);
  const kept = Object.fromEntries(Object.entries(record.ownerEnvironment).filter(([name]) => !changed.includes(name)));
  return change(record, kept, changed, context);
}

async function change(
  record: SiteRecord,
  ownerEnvironment: SiteRecord['ownerEnvironment'],
  changed: readonly string[],
  context: JobContext,
): Promise<JobResults['env-set']> {
  const site = record.name;
  if (changed.length === 0) return { site, changed: [], restarted: false };
  return { site, changed: [...changed], restarted: await changeLive(record, { ownerEnvironment }, context) };
}
