import { join } from 'node:path';

import { exists, readText } from '../machine/files/files.ts';
import { listFolder } from '../machine/files/tree.ts';

/** What a release's own record says of it. */
export type ListedRelease = { readonly id: string; readonly revision: string; readonly builtAt: string };

/** Releases of a site that are kept, the live one among them. */
export const keptReleases = 5;

/** Names of the finished releases in a folder, oldest first. */
export async function releaseNames(folder: string): Promise<readonly string[]> {
  const names = await listFolder(folder);
  const finished = await Promise.all(names.map((name) => exists(join(folder, name, 'release.json'))));
  return names.filter((_, index) => finished[index]);
}

/** The finished releases in a folder, newest first. Their names sort by time. */
export async function listReleases(folder: string): Promise<readonly ListedRelease[]> {
  const listed: ListedRelease[] = [];
  for (const name of (await releaseNames(folder)).toReversed()) {
    const text = await readText(join(folder, name, 'release.json'));
    if (text === undefined) continue;
    const { id, revision, builtAt } = JSON.parse(text) as ListedRelease;
    listed.push({ id, revision, builtAt });
  }
  return listed;
}
