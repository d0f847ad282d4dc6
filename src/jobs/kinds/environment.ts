import { join } from 'node:path';

import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { type JobContext, knownSite } from '../context.ts';
import { up } from './up.ts';

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

/**
 * Writes the variables and brings what runs in agreement: the code of the live release, asked again and rolled. Where that
 * fails (the settings refuse the new value, say), the variables are as before and the old processes serve on.
 */
async function change(
  record: SiteRecord,
  ownerEnvironment: SiteRecord['ownerEnvironment'],
  changed: readonly string[],
  context: JobContext,
): Promise<JobResults['env-set']> {
  const site = record.name;
  if (changed.length === 0) return { site, changed: [], restarted: false };
  await context.records.write({ ...record, ownerEnvironment });
  // A site that never came up has nothing to restart: its next `up` takes the variables.
  if (!record.release) return { site, changed: [...changed], restarted: false };
  try {
    await up(
      { ...record.request, ...liveCode(record, record.release), kind: 'up', once: true, confirmed: 'any' },
      context,
    );
  } catch (error) {
    const now = (await context.records.read(site)) ?? record;
    await context.records.write({ ...now, ownerEnvironment: record.ownerEnvironment });
    throw error;
  }
  // Variables are no deploy: what was held at a release stays there.
  const now = await knownSite(context, site);
  if (record.held) await context.records.write({ ...now, held: record.held });
  return { site, changed: [...changed], restarted: true };
}

/** The code that is live, whatever its source has by now: new variables must not bring new code with them. */
function liveCode(
  record: SiteRecord,
  release: ReleaseRecord,
): Pick<JobOf<'up'>, 'revision'> | Pick<JobOf<'up'>, 'source'> {
  return record.blueprint?.source.kind === 'git'
    ? { revision: release.revision }
    : { source: join(release.folder, 'code') };
}
