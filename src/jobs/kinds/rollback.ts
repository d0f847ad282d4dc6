import { join } from 'node:path';

import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import { siteUrl } from '../../blueprint/site-url.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { ProblemError } from '../../problems/problem.ts';
import { runStep } from '../../build/step.ts';
import { heldByWatch, holdAlarm } from '../../deploy/hold.ts';
import { type JobContext, knownSite } from '../context.ts';
import { siteDoor } from '../machine-door.ts';
import { finishedReleases, wasLive } from '../../sites/releases.ts';
import { chooseRelease, refuseBorder } from '../../deploy/rollback-target.ts';

/** The watch has decided while another operation ran: that may have brought another release. */
function requireStillWatched({ name, bake, release }: SiteRecord, request: JobOf<'rollback'>): void {
  if (bake && bake.release === release?.id && bake.previous === request.release) return;
  throw new ProblemError({
    code: 'plan-outdated',
    summary: `The site ${name} has another release by now than the one that was to be given up`,
    cure: [`$ roadie releases ${name}`],
  });
}

/** The record of a site that stays where it is: for good where a person has gone back, else until there is something newer. */
function heldRecord(
  record: SiteRecord,
  left: ReleaseRecord | undefined,
  release: string,
  because: string | undefined,
): SiteRecord {
  const since = new Date().toISOString();
  if (because === undefined || !left)
    return { ...record, held: { since, release, because: because ?? 'somebody went back by hand' } };
  const givenUp = { release: left.id, revision: left.revision };
  return heldByWatch(record, { since, release, because, givenUp });
}

/**
 * Goes back to an earlier release: nothing is built, its services start beside the live ones and take over as at any deploy.
 * The database stays as it is; where the old code cannot live with it this is refused. The site is held afterwards.
 */
export async function rollback(request: JobOf<'rollback'>, context: JobContext): Promise<JobResults['rollback']> {
  const record = await knownSite(context, request.site);
  if (request.because !== undefined) requireStillWatched(record, request);
  const finished = await finishedReleases(join(context.layout.sites, record.name, 'releases'));
  const live = record.release?.id;
  const target = chooseRelease(finished.filter(wasLive), live, request.release, record.name);
  // Those that were refused count here: their migrations have run.
  if (!request.force) refuseBorder(finished, target, record.name);

  const others = (await context.records.all()).filter((other) => other.name !== record.name);
  const { bake: _, ...rest } = record;
  // The host's edge is nothing that a release takes back with it.
  const { edge: __, ...blueprint } = target.blueprint;
  const edge = record.blueprint?.edge;
  const door = await siteDoor(
    // No watch over it: it was live before, and what it could go back to has just been given up.
    {
      record: { ...rest, built: target.record },
      blueprint: { ...blueprint, ...(edge && { edge }), domains: record.domains, ports: record.ports },
      others,
      bake: { seconds: 0, errorPercent: 100, crashes: 100 },
    },
    context,
  );
  const report = { job: context.id, site: record.name, emit: context.emit, log: context.log };
  await runStep({ name: 'rollback', title: `Go back to ${target.record.id}` }, report, async () => {
    const { groups } = await door.wanted(target.record);
    await door.reconcile(groups.site);
  });
  await door.save(heldRecord(door.record(), record.release, target.record.id, request.because));
  const alarm = holdAlarm(door.record());
  if (alarm) context.emit({ type: 'alarm', site: record.name, text: alarm.text, cure: alarm.cure });
  return {
    site: record.name,
    url: siteUrl(record.domains[0], record.ports.https),
    release: target.record.id,
    previous: live ?? '',
  };
}
