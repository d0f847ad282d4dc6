import { join } from 'node:path';

import { exists, readText } from '../machine/files/files.ts';
import { listFolder } from '../machine/files/tree.ts';
import type { ReleaseRecord } from './record.ts';

/** Releases of a site that are kept, the live one among them. */
export const keptReleases = 5;

/** Whether a name is one that `releaseId` gives (a number follows where one second made two). */
export function isReleaseId(name: string): boolean {
  return /^\d{8}-\d{6}-[0-9a-f]{7}(?:-\d+)?$/.test(name);
}

/** Names of the finished releases in a folder, oldest first. They sort by time. */
export async function releaseNames(folder: string): Promise<readonly string[]> {
  const names = (await listFolder(folder)).filter(isReleaseId);
  const finished = await Promise.all(names.map((name) => exists(join(folder, name, 'release.json'))));
  return names.filter((_, index) => finished[index]);
}

/** The record of a finished release; undefined where there is none of that name, or only a half of one. */
export async function readRelease(releases: string, id: string): Promise<ReleaseRecord | undefined> {
  if (!isReleaseId(id)) return undefined;
  const text = await readText(join(releases, id, 'release.json'));
  return text === undefined ? undefined : (JSON.parse(text) as ReleaseRecord);
}

/** The records of the finished releases in a folder, newest first. */
export async function listReleases(folder: string): Promise<readonly ReleaseRecord[]> {
  const names = (await releaseNames(folder)).toReversed();
  return (await Promise.all(names.map((name) => readRelease(folder, name)))).filter((record) => record !== undefined);
}
