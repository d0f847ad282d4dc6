import { readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { describeFile, isMissing, syncFolder } from './files.ts';

/** Points a symbolic link elsewhere in one step: there is never a moment without it. */
export async function pointLink(path: string, target: string): Promise<void> {
  if ((await linkTarget(path)) === target) return;
  const temporary = `${path}.${process.pid}.tmp`;
  // A process of the same number may have been killed between the next two lines.
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Where a symbolic link points; undefined where there is none. */
export async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'EINVAL')) return undefined;
    throw error;
  }
}

/**
 * The first symbolic link on the way from a folder down to one below it; undefined where there is none. What is not there yet
 * is no link.
 */
export async function linkOnTheWay(from: string, to: string): Promise<string | undefined> {
  let path = from;
  for (const name of relative(from, to).split('/')) {
    path = join(path, name);
    const found = await describeFile(path);
    if (found === undefined) return undefined;
    if (found.kind === 'link') return path;
  }
  return undefined;
}
