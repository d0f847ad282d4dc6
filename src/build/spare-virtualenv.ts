import { posix } from 'node:path';

import { exists, readText } from '../machine/files/files.ts';
import { listFolder, moveTree, ownerOf, removeTree } from '../machine/files/tree.ts';
import { currentUser } from '../machine/users/users.ts';
import { isReleaseId, recordPath } from '../sites/releases.ts';
import { releasePaths } from './context.ts';

/** Where the complete virtualenv of a build that came to nothing waits for the next. In the site's folder, which is root's. */
export function spareVirtualenv(site: string): string {
  return posix.join(site, 'spare-virtualenv');
}

/**
 * Saves the newest complete virtualenv of releases that were never finished, which are about to be removed: to install requirements
 * again takes most of a build. Complete is one with a stamp, which root writes once all is root's. Call only where no build of the
 * site is running.
 */
export async function saveVirtualenv(releases: string, site: string): Promise<void> {
  const unfinished: string[] = [];
  for (const id of (await listFolder(releases)).filter(isReleaseId))
    if (!(await exists(recordPath(releases, id)))) unfinished.push(id);
  for (const id of unfinished.toReversed()) {
    const { virtualenv, stamp } = releasePaths(releases, id, '.');
    if ((await ownerOf(stamp))?.uid !== currentUser().uid) continue;
    const spare = spareVirtualenv(site);
    await removeTree(spare);
    await moveTree(virtualenv, spare);
    return;
  }
}

/** The fingerprint of the one that waits; undefined where none does. */
export async function spareFingerprint(site: string): Promise<string | undefined> {
  return (await readText(posix.join(spareVirtualenv(site), '.roadie')))?.trim();
}
