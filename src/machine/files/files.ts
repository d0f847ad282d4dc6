import { constants, statSync } from 'node:fs';
import { chmod, lchown, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Ownership } from '../../services/ownership.ts';

/**
 * Writes a file whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder. Whoever reads sees the
 * old content or the new. An fsync that fails means that the write failed, whatever a later one says.
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode: number; readonly ownership?: Ownership | undefined },
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${process.pid}.${Date.now()}.${Math.random().toString(36).slice(2)}.tmp`);
  const file = await open(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await file.writeFile(content);
    if (options.ownership) await file.chown(options.ownership.uid, options.ownership.gid);
    await file.chmod(options.mode);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Removes what {@link writeAtomically} left in a folder where its process was killed in the middle. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^\.(\d+)\.\d+\.[a-z0-9]+\.tmp$/.exec(name)?.[1];
    if (pid !== undefined && !(await exists(`/proc/${pid}`))) await rm(join(folder, name), { force: true });
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder with its parents (0755), then sets its mode and owner. A symbolic link in its place is refused: root never follows what a site can write. */
export async function ensureFolder(
  path: string,
  options: { readonly mode: number; readonly ownership?: Ownership | undefined },
): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  const found = await lstat(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a folder`);
  if (options.ownership && (found.uid !== options.ownership.uid || found.gid !== options.ownership.gid)) {
    await lchown(path, options.ownership.uid, options.ownership.gid);
  }
  if ((found.mode & 0o7777) !== options.mode) await chmod(path, options.mode);
}

/** The text of a file, or undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The bytes of a file, or undefined where there is none. A link is not followed. */
export async function readBytes(path: string): Promise<Uint8Array | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Whether there is anything at that path (a dangling link counts). */
export async function exists(path: string): Promise<boolean> {
  return (await describeFile(path)) !== undefined;
}

/** What stands at a path without following links: undefined where nothing does. */
export async function describeFile(path: string): Promise<
  | {
      readonly kind: 'file' | 'folder' | 'link' | 'other';
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly size: number;
      /** Milliseconds since 1970. */
      readonly changedMs: number;
    }
  | undefined
> {
  try {
    const found = await lstat(path);
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other';
    return {
      kind,
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      size: found.size,
      changedMs: found.mtimeMs,
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether there is a regular file at a path, links followed; whatever cannot be a path is none. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Removes a file or a link; nothing where there is none. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Whether an error says that a file or a folder on the way to it does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
