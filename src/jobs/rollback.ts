import { join } from 'node:path';

import { siteUrl } from '../blueprint/site-url.ts';
import type { JobOf } from '../contract/jobs.ts';
import type { JobResults } from '../contract/results.ts';
import { borderBetween, explainRisk } from '../django/migrations.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import { runStep } from '../release/step.ts';
import { type JobContext, knownSite } from './context.ts';
import { siteDoor } from './machine-door.ts';
import { type FinishedRelease, finishedReleases, type KeptRelease, wasLive } from './release-files.ts';

/**
 * Goes back to an earlier release: nothing is built, its services start beside the live ones and take over as at any deploy.
 * The database stays as it is; where the old code cannot live with it this is refused. The site is held afterwards.
 */
export async function rollback(request: JobOf<'rollback'>, context: JobContext): Promise<JobResults['rollback']> {
  const record = await knownSite(context, request.site);
  const finished = await finishedReleases(join(context.layout.sites, record.name, 'releases'));
  const live = record.release?.id;
  const target = choose(finished.filter(wasLive), live, request.release, record.name);
  // Those that were refused count here: their migrations have run.
  if (!request.force) refuseBorder(finished, target, record.name);

  const others = (await context.records.all()).filter((other) => other.name !== record.name);
  const { bake: _, ...rest } = record;
  const door = await siteDoor(
    // No watch over it: it was live before, and what it could go back to has just been given up.
    {
      record: { ...rest, built: target.record },
      blueprint: { ...target.blueprint, domains: record.domains, ports: record.ports },
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
  const because = request.because ?? 'somebody went back by hand';
  await door.save({ ...door.record(), held: { since: new Date().toISOString(), release: target.record.id, because } });
  return {
    site: record.name,
    url: siteUrl(record.domains[0], record.ports.https),
    release: target.record.id,
    previous: live ?? '',
  };
}

/** The release named, by its whole id or a beginning that only one has; without a name the one before the live one. */
function choose(
  kept: readonly KeptRelease[],
  live: string | undefined,
  wanted: string | undefined,
  site: string,
): KeptRelease {
  const candidates = kept.filter(({ record }) => record.id !== live);
  const found =
    wanted === undefined
      ? candidates.filter(({ record }) => live === undefined || record.id < live).slice(0, 1)
      : candidates.filter(({ record }) => record.id.startsWith(wanted) || record.revision.startsWith(wanted));
  const [first, second] = found;
  if (first && !second) return first;
  throw new ProblemError(unknownRelease(wanted, live, kept, site));
}

function unknownRelease(
  wanted: string | undefined,
  live: string | undefined,
  kept: readonly KeptRelease[],
  site: string,
): Problem {
  const summary =
    wanted === undefined
      ? `The site ${site} has no release before ${live ?? 'the first'} to go back to`
      : wanted === live
        ? `${wanted} is live already`
        : `The site ${site} has no one release '${wanted}'`;
  return {
    code: 'unknown-release',
    summary,
    detail: kept.length === 0 ? 'There is none.' : `There are: ${kept.map(({ record }) => record.id).join(', ')}`,
    cure: [`$ roadie releases ${site}`],
  };
}

/** Throws `rollback-refused` where a migration since then took away what the old code needs. */
function refuseBorder(finished: readonly FinishedRelease[], target: KeptRelease, site: string): void {
  const { migrations } = target.record;
  if (!migrations) return;
  const newer = finished.flatMap(({ record }) =>
    record.id > target.record.id && record.migrations ? [record.migrations] : [],
  );
  const border = borderBetween(newer, migrations);
  if (border.length === 0) return;
  throw new ProblemError({
    code: 'rollback-refused',
    summary: `The code of ${target.record.id} cannot live with the database as it is now`,
    detail: border.map((risk) => explainRisk(risk).what).join('\n'),
    cure: [
      'Mend the new code, or write a migration that brings the old shape back, and deploy that.',
      'To go back all the same, knowing that requests will fail:',
      `$ roadie rollback ${site} ${target.record.id} --force`,
    ],
  });
}
