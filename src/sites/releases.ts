import { join } from 'node:path';

import type { Blueprint } from '../blueprint/blueprint.ts';
import type { ReleaseRecord } from './record.ts';
import { readText, writeAtomically } from '../machine/files/files.ts';
import { listReleases } from './release-list.ts';

/** A release that was live, with what it was designed from: all that going back to it takes. */
export type KeptRelease = { readonly record: ReleaseRecord; readonly blueprint: Blueprint };

/** A finished release; without a blueprint it never went live, though its migrations may have run. */
export type FinishedRelease = Pick<KeptRelease, 'record'> & Partial<KeptRelease>;

/** Keeps the blueprint of a release that goes live beside it (0600: it holds the owner's variables). */
export async function writeBlueprint(release: ReleaseRecord, blueprint: Blueprint): Promise<void> {
  await writeAtomically(join(release.folder, 'blueprint.json'), JSON.stringify(blueprint), { mode: 0o600 });
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

/** The finished releases of a site, newest first. */
export async function finishedReleases(releases: string): Promise<readonly FinishedRelease[]> {
  const finished: FinishedRelease[] = [];
  for (const record of await listReleases(releases)) {
    const text = await readText(join(releases, record.id, 'blueprint.json'));
    finished.push({ record, ...(text !== undefined && { blueprint: JSON.parse(text) as Blueprint }) });
  }
  return finished;
}
