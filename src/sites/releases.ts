import { basename, dirname, join } from 'node:path';

import type { Blueprint } from '../blueprint/blueprint.ts';
import { currentBlueprint, type StoredBlueprint } from '../blueprint/stored.ts';
import { exists, readText, writeAtomically } from '../machine/files/files.ts';
import { listFolder, removeTree } from '../machine/files/tree.ts';
import type { ReleaseRecord } from './record.ts';

/*
 * The releases of a site on disk, `sites/NAME/releases/ID/`. `release.json` is written last and makes a release whole;
 * `blueprint.json` is written when it goes live. `releases` is the absolute path of that folder (`siteLayout`).
 */

/** Releases of a site that are kept, the live one among them. */
export const keptReleases = 5;

/** A release that was live, with what it was designed from: all that going back to it takes. */
export type KeptRelease = { readonly record: ReleaseRecord; readonly blueprint: Blueprint };

/** A finished release; without a blueprint it never went live, though its migrations may have run. */
export type FinishedRelease = Pick<KeptRelease, 'record'> & Partial<KeptRelease>;

/** Whether a name is one that `releaseId` gives (a number follows where one second made two). */
export function isReleaseId(name: string): boolean {
  return /^\d{8}-\d{6}-[0-9a-f]{7}(?:-\d+)?$/.test(name);
}

/** Absolute path of the file that makes a release whole. */
export function recordPath(releases: string, id: string): string {
  return join(releases, id, 'release.json');
}

/** Where a release keeps what the project has at the paths of the owner's own files. Absolute path, from that of the release. */
export function replacedFolder(release: string): string {
  return join(release, 'replaced');
}

/** Names of the finished releases in a folder, oldest first. They sort by time. Empty where there is no such folder. */
export async function releaseNames(releases: string): Promise<readonly string[]> {
  const names = (await listFolder(releases)).filter(isReleaseId);
  const finished = await Promise.all(names.map((name) => exists(recordPath(releases, name))));
  return names.filter((_, index) => finished[index]);
}

/** The record of a finished release; undefined where there is none of that name, or only a half of one. Throws where it is no JSON. */
export async function readRelease(releases: string, id: string): Promise<ReleaseRecord | undefined> {
  if (!isReleaseId(id)) return undefined;
  const text = await readText(recordPath(releases, id));
  return text === undefined ? undefined : (JSON.parse(text) as ReleaseRecord);
}

/** The release whose code a folder is; undefined where it is no release's. */
export async function releaseOfCode(releases: string, folder: string): Promise<ReleaseRecord | undefined> {
  const id = basename(dirname(folder));
  return folder === join(releases, id, 'code') ? readRelease(releases, id) : undefined;
}

/** The records of the finished releases in a folder, newest first. */
export async function listReleases(releases: string): Promise<readonly ReleaseRecord[]> {
  const names = (await releaseNames(releases)).toReversed();
  return (await Promise.all(names.map((name) => readRelease(releases, name)))).filter((record) => record !== undefined);
}

/** The finished releases of a site, newest first. */
export async function finishedReleases(releases: string): Promise<readonly FinishedRelease[]> {
  const finished: FinishedRelease[] = [];
  for (const record of await listReleases(releases)) {
    const text = await readText(join(releases, record.id, 'blueprint.json'));
    finished.push({
      record,
      ...(text !== undefined && { blueprint: currentBlueprint(JSON.parse(text) as StoredBlueprint) }),
    });
  }
  return finished;
}

/** Whether a release was live, so that it can be gone back to. */
export function wasLive(release: FinishedRelease): release is KeptRelease {
  return release.blueprint !== undefined;
}

/** The migrations that the database has: after a rollback those of the releases that were left count as well. */
export async function appliedMigrations(releases: string): Promise<readonly string[]> {
  const records = (await listReleases(releases)).toReversed();
  return [...new Set(records.flatMap((record) => record.migrations?.applied ?? []))];
}

/** Keeps the blueprint of a release that goes live beside it (0600: it holds the owner's variables). */
export async function writeBlueprint(release: ReleaseRecord, blueprint: Blueprint): Promise<void> {
  await writeAtomically(join(release.folder, 'blueprint.json'), JSON.stringify(blueprint), { mode: 0o600 });
}

/**
 * Removes releases that were never finished (a build that was killed) and those whose removal was cut short. Call only where no
 * build of the site can be running. Returns their names.
 */
export async function tidyReleases(releases: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const id of (await listFolder(releases)).filter(isReleaseId)) {
    if (await exists(recordPath(releases, id))) continue;
    await removeTree(join(releases, id));
    removed.push(id);
  }
  return removed;
}

/** Removes all but the newest `count` releases and those named in `keep`. Returns the names of what went. */
export async function pruneReleases(
  releases: string,
  count: number,
  keep: readonly string[],
): Promise<readonly string[]> {
  const ids = (await listFolder(releases)).filter(isReleaseId).toReversed();
  const old = ids.slice(count).filter((id) => !keep.includes(id));
  for (const id of old) {
    // Its record goes first: a removal that is cut short leaves what tidying takes for unfinished.
    await removeTree(recordPath(releases, id));
    await removeTree(join(releases, id));
  }
  return old;
}
