import { dirname, join } from 'node:path';

import { checkSiteName } from '../../config/names.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { ensureFolder, readBytes, removeFile, writeAtomically } from '../../machine/files/files.ts';
import { linkOnTheWay } from '../../machine/files/links.ts';
import { siteLayout, standardBase } from '../../machine/layout.ts';
import { systemUserName } from '../../machine/users/user-names.ts';
import { isRoot } from '../../machine/system.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import type { Ownership } from '../../services/ownership.ts';
import type { SiteRecord } from '../../sites/record.ts';
import { type JobContext, knownSite, otherSites } from '../context.ts';
import { identify } from '../site-request.ts';
import { trashFolder } from '../trash.ts';
import { changeLive } from './change-live.ts';
import { siteUsers } from '../../targets/machine/index.ts';

/** Keeps a file of the owner's own, and brings a release live that has it. */
export function putFile(request: JobOf<'file-put'>, context: JobContext): Promise<JobResults['file-put']> {
  return change(request, Buffer.from(request.content, 'base64'), context);
}

/** Takes a file of the owner's own away: what the project has in its place counts again. */
export function takeFile(request: JobOf<'file-remove'>, context: JobContext): Promise<JobResults['file-remove']> {
  return change(request, undefined, context);
}

/** Where the new release fails, the file is as it was before: what is live has never had another. */
async function change(
  { site, path, source }: { readonly site: string; readonly path: string; readonly source?: string | undefined },
  content: Uint8Array | undefined,
  context: JobContext,
): Promise<JobResults['file-put']> {
  const known = await context.records.read(site);
  const record =
    known ?? (source === undefined ? await knownSite(context, site) : await newRecord(site, source, context));
  const { own } = siteLayout(context.layout.sites, site);
  const file = join(own, path);
  const link = await linkOnTheWay(own, file);
  if (link !== undefined) throw new ProblemError(inTheWay(link));
  const before = await readBytes(file);
  if (content === undefined ? before === undefined : before && Buffer.compare(before, content) === 0)
    return { site, path, changed: false, restarted: false, trash: null };
  const ownership = await ownershipFor(site, context);
  const set = async (wanted: Uint8Array | undefined): Promise<void> => {
    if (wanted === undefined) return removeFile(file);
    for (const folder of foldersOf(own, path)) await ensureFolder(folder, { mode: 0o750, ownership });
    await writeAtomically(file, wanted, { mode: 0o640, ownership });
  };
  const trash = before && (await trashed(before, { site, path }, context));
  // Whatever of the site is on disk has a record, so that `down` can take it away.
  if (!known) await context.records.write(record);
  await set(content);
  try {
    const restarted = await changeLive(record, {}, context);
    return { site, path, changed: true, restarted, trash: trash ?? null };
  } catch (error) {
    await set(before);
    throw error;
  }
}

/** A site that nobody has brought up yet, or that was taken down. Its first `up` decides the rest. Throws what `up` refuses in a name. */
async function newRecord(site: string, source: string, context: JobContext): Promise<SiteRecord> {
  const kept = await context.records.readKept(site);
  const request = { kind: 'up', source, name: site } as const;
  const { name, domains, ports } = must(
    identify(must(checkSiteName(site)), request, {}, await otherSites(context, site), kept, isRoot()),
  );
  return {
    ownerEnvironment: {},
    secrets: {},
    ...kept,
    name,
    request: { ...kept?.request, ...request },
    domains,
    ports,
  };
}

/** Root's, and read by the site, where there is such a user yet. */
async function ownershipFor(site: string, { layout }: JobContext): Promise<Ownership | undefined> {
  if (!isRoot()) return undefined;
  const users = await siteUsers(layout, site);
  const names = new Set([systemUserName(layout.base, site), systemUserName(standardBase, site)]);
  return { uid: 0, gid: users.find(({ name }) => names.has(name))?.gid ?? 0 };
}

/** Absolute paths of the folder and of those in it on the way to a file. */
function foldersOf(own: string, path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return [own, ...parts.map((_, index) => join(own, ...parts.slice(0, index + 1)))];
}

/** Keeps what was there for a week. The absolute path. */
async function trashed(
  content: Uint8Array,
  { site, path }: { readonly site: string; readonly path: string },
  { layout }: JobContext,
): Promise<string> {
  await ensureFolder(layout.trash, { mode: 0o700 });
  const file = join(trashFolder(layout.trash, site, new Date()), path);
  await ensureFolder(dirname(file), { mode: 0o700 });
  await writeAtomically(file, content, { mode: 0o600 });
  return file;
}

function inTheWay(link: string): ConstructorParameters<typeof ProblemError>[0] {
  return {
    code: 'own-file-refused',
    summary: `${link} is a link, and nothing is written behind it`,
    cure: [`Remove it, and run the same command again.`],
  };
}
