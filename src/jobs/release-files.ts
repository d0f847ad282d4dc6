import { join } from 'node:path';

import type { Blueprint } from '../blueprint/blueprint.ts';
import type { ReleaseRecord } from '../blueprint/site.ts';
import { readText, writeAtomically } from '../machine/files.ts';
import { readRelease } from '../release/build.ts';
import { isReleaseId } from '../release/fingerprint.ts';
import { listFolder } from '../machine/tree.ts';
import { exists } from '../machine/files.ts';

/** A release that was live, with what it was designed from: all that going back to it takes. */
export type KeptRelease = { readonly record: ReleaseRecord; readonly blueprint: Blueprint };

/** Keeps the blueprint of a release that goes live beside it (0600: it holds the owner's variables). */
export async function writeBlueprint(release: ReleaseRecord, blueprint: Blueprint): Promise<void> {
  await writeAtomically(join(release.folder, 'blueprint.json'), JSON.stringify(blueprint), { mode: 0o600 });
}

/** The releases of a site that can be gone back to, newest first. */
export async function keptReleases(releases: string): Promise<readonly KeptRelease[]> {
  if (!(await exists(releases))) return [];
  const kept: KeptRelease[] = [];
  for (const id of (await listFolder(releases)).filter(isReleaseId).toSorted().toReversed()) {
    const record = await readRelease(releases, id);
    const text = await readText(join(releases, id, 'blueprint.json'));
    // Both are written whole: a release without one of them was never finished, or never went live.
    if (record && text !== undefined) kept.push({ record, blueprint: JSON.parse(text) as Blueprint });
  }
  return kept;
}
