import { join } from 'node:path';

import type { Follow, SiteRecord } from '../../sites/record.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { accessPlaces } from '../../source/access.ts';
import { parseAddress } from '../../source/address.ts';
import { checkCommit } from '../../source/commit.ts';
import { fetchPlace } from '../../source/fetch-place.ts';
import { nextTry } from '../../deploy/hold.ts';
import { mirrorOf, resolveSource } from '../../source/source.ts';
import { type JobContext, knownSite } from '../context.ts';
import { up } from './up.ts';

/**
 * Releases a commit that the watch over a repository has seen, exactly that one; or leaves it out and says why. What is decided
 * is remembered, so that the same commit is not looked at again. A repository that is gone just now decides nothing.
 */
export async function followCommit(request: JobOf<'follow'>, context: JobContext): Promise<JobResults['follow']> {
  const record = await knownSite(context, request.site);
  const { revision } = request;
  const leave = async (because: string, told: boolean): Promise<JobResults['follow']> => {
    if (told) {
      await context.records.write({ ...record, dealt: revision });
      const text = `Commit ${revision.slice(0, 12)} is not released: ${because}`;
      context.emit({ type: 'note', level: 'info', site: record.name, text });
    }
    return { site: record.name, revision, released: false, because };
  };
  const { follow } = record;
  if (!follow) return leave('the site follows no repository any more', false);
  // What waited before this one may have done it, or gone back.
  if (record.release?.revision === revision) return leave('it is live already', false);
  const from = nextTry(record);
  if (from === undefined || from > Date.now()) return leave('the site is held since a rollback', false);
  if (record.rollbacks?.some((rollback) => rollback.revision === revision) === true)
    return leave('it was given up after the switch', false);

  const objection = await objectionTo(revision, follow, record, context);
  if (objection !== undefined) return leave(objection, true);
  try {
    await up({ ...record.request, kind: 'up', revision, confirmed: 'any' }, context);
  } catch (error) {
    await rememberRefusal(revision, error, context, record.name);
    throw error;
  }
  return { site: record.name, revision, released: true, because: null };
}

/** Fetches the commit and asks its message and its signature. */
async function objectionTo(
  revision: string,
  follow: Follow,
  { name, release, request }: SiteRecord,
  context: JobContext,
): Promise<string | undefined> {
  const { checkouts, buildUser } = await fetchPlace(context.layout, request.source, name);
  await resolveSource({
    source: request.source,
    ref: request.ref,
    revision,
    checkouts,
    buildUser,
    access: accessPlaces(context.layout),
    log: context.log,
  });
  const address = must(parseAddress(follow.repository));
  return checkCommit({
    repository: join(mirrorOf(checkouts, follow.repository), 'repository.git'),
    local: address.kind === 'git' ? address.local : address.path,
    buildUser,
    revision,
    lent: accessPlaces(context.layout).lent,
    // Of the release that is live, so that a commit cannot bring the key that it is signed with.
    signers:
      follow.onlySigned === undefined || !release
        ? undefined
        : { folder: join(release.folder, 'code'), path: follow.onlySigned },
  });
}

/** A project that cannot even be read stays as it is until the next commit. What may pass by itself is tried again. */
async function rememberRefusal(revision: string, error: unknown, context: JobContext, site: string): Promise<void> {
  const now = await context.records.read(site);
  if (!now || !(error instanceof ProblemError) || now.failed?.revision === revision) return;
  const [{ code, summary }] = error.problems;
  if (code === 'source-missing' || code === 'plan-outdated' || code === 'disk-full') return;
  const failed = { revision, at: new Date().toISOString(), summary: summary.slice(0, 500) };
  await context.records.write({ ...now, failed, dealt: revision });
}
