import { withEdge } from '../blueprint/host-edge.ts';
import { ProblemError } from '../problems/problem.ts';
import type { ReleaseRecord, SiteRecord } from '../sites/record.ts';
import { finishedReleases, type KeptRelease, wasLive } from '../sites/releases.ts';
import { type Deploy, goLive } from './deploy.ts';
import { heldByWatch, holdAlarm } from './hold.ts';
import { chooseRelease, refuseBorder } from './rollback-target.ts';

/** What is asked of one rollback. */
export type RollbackRequest = {
  /** Id, or the beginning of an id or a commit; the release before the live one where absent. */
  readonly release?: string | undefined;
  /** Whatever the old code then lacks in the database. */
  readonly force: boolean;
  /** Why the watch over a release gives it up; absent where a person goes back. */
  readonly because?: string | undefined;
};

/** A rollback is watched by nobody: what comes back was live before, and what it could go back to has just been given up. */
export const unwatched = { seconds: 0, errorPercent: 100, crashes: 100 } as const;

/**
 * The release that a rollback goes to. Throws `unknown-release`, `rollback-refused` where the old code cannot live with the
 * database as it is, and `plan-outdated` where the watch has decided about a release that is live no more.
 */
export async function releaseToGoBackTo(
  { release, force, because }: RollbackRequest,
  record: SiteRecord,
  releases: string,
): Promise<KeptRelease> {
  if (because !== undefined) requireStillWatched(record, release);
  const finished = await finishedReleases(releases);
  const target = chooseRelease(finished.filter(wasLive), record.release?.id, release, record.name);
  // Those that were refused count here: their migrations have run.
  if (!force) refuseBorder(finished, target, record.name);
  return { ...target, blueprint: withEdge(target.blueprint, record.blueprint?.edge) };
}

/**
 * Goes back to an earlier release: nothing is built, its services start beside the live ones and take over as at any deploy. The
 * database stays as it is. The site is held afterwards. Where the services do not become ready, what is live stays, and the
 * problem is thrown.
 */
export async function goBack(release: ReleaseRecord, because: string | undefined, deploy: Deploy): Promise<void> {
  const { site, target, emit } = deploy;
  const left = site.current.release;
  await target.switchTo(release, { name: 'rollback', title: `Go back to ${release.id}` });
  await goLive(deploy);
  await site.save(heldRecord(site.current, left, release.id, because));
  const alarm = holdAlarm(site.current);
  if (alarm) emit({ type: 'alarm', site: site.current.name, text: alarm.text, cure: alarm.cure });
}

/** The watch has decided while another operation ran: that may have brought another release. */
function requireStillWatched({ name, bake, release }: SiteRecord, previous: string | undefined): void {
  if (bake && bake.release === release?.id && bake.previous === previous) return;
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
