import { readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';

import { isMissing, syncFolder } from './files.ts';

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
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'EINVAL')) return undefined;
    throw error;
  }
}
