import { constants } from 'node:fs';
import { chown, mkdtemp, open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RunAs } from '../../services/service.ts';
import { ensureFolder } from './files.ts';
import { removeTree } from './tree.ts';

/** A file that is lent: readable for one user, and nobody else, for as long as a command runs. */
export type LentFile = { readonly content: string; readonly mode: 0o400 | 0o500 | 0o600 };

/** Folders that a killed process has left are removed after so long. */
const leftoverMs = 3_600_000;

/** Nothing that comes back is larger: a list of known hosts has a few hundred bytes. */
const returnLimitBytes = 64 * 1024;

/**
 * Lends files to a user (default: this one) in a folder of their own below `folder` while `work` runs, and takes them away
 * afterwards. `work` gets the folder's path, and may have single files back with `back`.
 */
export async function lendFiles<T>(
  folder: string,
  files: Readonly<Record<string, LentFile>>,
  user: RunAs | undefined,
  work: (lent: { readonly path: string; readonly back: (name: string) => Promise<string> }) => Promise<T>,
): Promise<T> {
  await ensureFolder(folder, { mode: 0o711 });
  await removeLeftovers(folder);
  const path = await mkdtemp(join(folder, 'lent-'));
  try {
    for (const [name, { content, mode }] of Object.entries(files)) {
      await writeFile(join(path, name), content, { mode, flag: 'wx' });
      if (user) await chown(join(path, name), user.uid, user.gid);
    }
    if (user) await chown(path, user.uid, user.gid);
    return await work({ path, back: (name) => readLent(join(path, name)) });
  } finally {
    await removeTree(path);
  }
}

/** The borrower owns the folder by now: a link, or a file without end, may stand where the file was. */
async function readLent(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > returnLimitBytes || found.nlink > 1)
      throw new Error(`${path} is not what was lent`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found && found.mtimeMs < Date.now() - leftoverMs) await removeTree(join(folder, name));
  }
}
