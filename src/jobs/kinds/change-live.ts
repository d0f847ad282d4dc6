import { join } from 'node:path';

import type { JobOf } from '../../contract/jobs.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import { type JobContext, knownSite } from '../context.ts';
import { up } from './up.ts';

/** What the owner decides about a site besides its code. */
type Decided = Partial<Pick<SiteRecord, 'ownerEnvironment' | 'tuned'>>;

/**
 * Writes what was decided and brings what runs in agreement, without refusing a request: the code of the live release, asked again
 * and rolled. Where that fails (the settings refuse a new value, say), all is as before and the old processes serve on. False
 * where the site never came up: its next `up` takes it.
 */
export async function changeLive(record: SiteRecord, decided: Decided, context: JobContext): Promise<boolean> {
  const { name: site, ownerEnvironment, tuned } = record;
  await context.records.write({ ...record, ...decided });
  if (!record.release) return false;
  try {
    await up(
      { ...record.request, ...liveCode(record, record.release), kind: 'up', once: true, confirmed: 'any' },
      context,
    );
  } catch (error) {
    const now = (await context.records.read(site)) ?? record;
    await context.records.write({ ...now, ownerEnvironment, tuned });
    throw error;
  }
  // This is no deploy: what was held at a release stays there.
  const now = await knownSite(context, site);
  if (record.held) await context.records.write({ ...now, held: record.held });
  return true;
}

/** The code that is live, whatever its source has by now: what is decided here must not bring new code with it. */
export function liveCode(
  record: SiteRecord,
  release: ReleaseRecord,
): Pick<JobOf<'up'>, 'revision'> | Pick<JobOf<'up'>, 'source'> {
  return record.blueprint?.source.kind === 'git'
    ? { revision: release.revision }
    : { source: join(release.folder, 'code') };
}
