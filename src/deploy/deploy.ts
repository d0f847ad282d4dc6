import type { Blueprint } from '../blueprint/blueprint.ts';
import type { Emit } from '../contract/events.ts';
import type { Releases } from '../contract/releases.ts';
import type { Plan } from '../plan/plan.ts';
import { liveService } from '../sites/live-service.ts';
import type { OpenRecord } from '../sites/open-record.ts';
import type { BakeLimits, SiteRecord } from '../sites/record.ts';
import { keptReleases, pruneReleases, writeBlueprint } from '../sites/releases.ts';
import type { Target } from '../targets/target.ts';
import { watchOver } from './way-back.ts';

/** What a deploy works with. */
export type Deploy = {
  readonly site: OpenRecord;
  readonly target: Target;
  readonly blueprint: Blueprint;
  /** How long and how strictly the new release is watched. */
  readonly limits: BakeLimits;
  /** Absolute path of the site's releases. */
  readonly releases: string;
  /** Who watches the release that is live: it says what its visitors have met. */
  readonly watch: { releases(site: string): Promise<Pick<Releases, 'bake'>> };
  readonly emit: Emit;
};

/** What is asked of one deploy. */
export type DeployRequest = {
  readonly plan: Plan;
  /** The fingerprint of the plan that somebody agreed to, or 'any'. */
  readonly confirmed: string;
  /** The commit of the followed branch that this deals with, whatever comes of it. */
  readonly dealt: string | undefined;
  /** Refuses what must not be tried, by throwing, once the site is known: the cure needs a site. */
  readonly check: () => void;
};

/**
 * A deploy from its beginning to its end: build, gate, switch, watch, keep the way back. The target does each part in its place;
 * here is the order, and what is remembered. It may be killed anywhere and is gone on with by the next one; until the switch
 * visitors have what they had. Throws the problems of the part that failed, and remembers the failure.
 */
export async function deploy({ plan, confirmed, dealt, check }: DeployRequest, deploy: Deploy): Promise<void> {
  const { site, target, blueprint } = deploy;
  // From now on the site exists: a deploy that is cut short is known and can be gone on with.
  await site.save(site.current);
  try {
    check();
    const applying = target.apply(plan, confirmed);

    // Everything that the release stands on; what is live goes on as it is.
    await applying.prepare();

    // A release is whole or it is not there. Its checks and Django's come before the first change of the database.
    await applying.build();

    // The gate: the new services start beside the live ones, and get the visitors once they have answered well.
    if (await applying.switchOver()) await goLive(deploy);

    await applying.finish();
    await settle(deploy);

    // Nothing may have differed, and still something is down. A deploy means up, and what is said to be up has been seen.
    await target.start();
    await applying.verify();
  } catch (error) {
    await rememberFailure(site, blueprint.source.revision, dealt, error);
    throw error;
  }
  // From here on the daemon watches the release (`bake/watch.ts`) and, where it does badly, has `goBack` called (`rollback.ts`).
  await keepTheWayBack(deploy, dealt);
}

/**
 * From here on the record names the release that serves; the one before it is the way back while the new one is watched. Nothing
 * is told where it served before.
 */
export async function goLive({ site, blueprint, limits, watch, emit }: Deploy): Promise<void> {
  const { built: release, release: before, name } = site.current;
  if (!release) return;
  // Not before: what never went live is nothing to go back to.
  await writeBlueprint(release, blueprint);
  if (before?.id === release.id) return site.save({ ...site.current, release, blueprint });
  // Visitors have met errors of the release that is left: then it is no way back (`way-back.ts`).
  const doubted = site.current.bake !== undefined && (await watch.releases(name)).bake?.doubt != null;
  const bake = watchOver(release.id, site.current, limits, Date.now(), doubted);
  const { bake: _, ...rest } = site.current;
  await site.save({ ...rest, release, blueprint, ...(bake && { bake }) });
  emit({ type: 'release-switched', site: name, release: release.id, ...(before && { previous: before.id }) });
}

/** An earlier deploy may have been killed between its services' start and the note that they are live. */
async function settle(deploy: Deploy): Promise<void> {
  const { built, release, group } = deploy.site.current;
  const runs = liveService(group)?.release;
  if (!built || built.id === release?.id || runs !== built.id) return;
  await deploy.target.switchTo(built);
  await goLive(deploy);
}

/** What failed is not tried again by itself until it changes or somebody asks for it. */
async function rememberFailure(
  site: OpenRecord,
  revision: string,
  dealt: string | undefined,
  error: unknown,
): Promise<void> {
  // Its code is live: then it was the configuration, or the machine.
  if (site.current.release?.revision === revision) return;
  const summary = error instanceof Error ? error.message.slice(0, 500) : String(error);
  const failed = { revision, at: new Date().toISOString(), summary };
  await site.save({ ...site.current, failed, ...dealtWith(dealt) });
}

/** What succeeded ends a hold and the memory of a failure, and old releases go: five stay to go back to. */
async function keepTheWayBack({ site, releases }: Deploy, dealt: string | undefined): Promise<void> {
  const { held: _, failed: __, ...rest } = site.current;
  await site.save({ ...rest, ...dealtWith(dealt) });
  const { release, built, bake } = site.current;
  const keep = [release?.id, built?.id, bake?.previous].filter((id) => id !== undefined);
  await pruneReleases(releases, keptReleases, keep);
}

function dealtWith(dealt: string | undefined): Pick<SiteRecord, 'dealt'> {
  return dealt === undefined ? {} : { dealt };
}
