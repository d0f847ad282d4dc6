import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, readdir, readlink, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Ownership } from '../../services/ownership.ts';
import type { RunAs } from '../../services/service.ts';
import { asUser } from '../processes/as-user.ts';
import { describeFile, exists, isMissing } from './files.ts';
import { bareEnvironment, run } from '../processes/run.ts';

/** Thrown by {@link walkTree} where a folder holds more than anybody would call a project. */
export class TreeTooLarge extends Error {
  override readonly name = 'TreeTooLarge';
}

/**
 * Paths of all files and links below a folder, relative to it, sorted by code unit. Links are named, never followed. Folders
 * with a pyvenv.cfg (virtualenvs) and names that `leftOut` knows are passed over; so are sockets, pipes and devices.
 */
export async function walkTree(
  folder: string,
  leftOut: (name: string) => boolean,
  limit: number,
): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(join(folder, relative), { withFileTypes: true });
    if (relative !== '' && entries.some((entry) => entry.name === 'pyvenv.cfg')) return;
    for (const entry of entries) {
      if (leftOut(entry.name)) continue;
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
      if (found.length > limit) throw new TreeTooLarge(`${folder} has more than ${limit} files`);
    }
  };
  await visit('');
  return found.toSorted();
}

/** What a file is for {@link hashFiles}: undefined where it is not there, is a folder, or is neither file nor link. */
async function digest(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink()) return `link ${await readlink(path)}`;
  if (!found?.isFile()) return undefined;
  // Between lstat and open somebody may have put a link or a pipe there: neither is followed nor waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const hash = createHash('sha256');
    if (found.size < 1024 * 1024) hash.update(await file.readFile());
    else await pipeline(file.createReadStream({ autoClose: false }), hash);
    return `${(found.mode & 0o100) === 0 ? 'file' : 'program'} ${hash.digest('hex')}`;
  } finally {
    await file.close();
  }
}

/**
 * One hash (40 hexadecimal digits) of files by path, content, link target and the executable bit: neither times nor owners
 * count. `files` are relative to the folder and sorted; those that are not there are left out. `present` are the others.
 */
export async function hashFiles(
  folder: string,
  files: readonly string[],
): Promise<{ readonly hash: string; readonly present: readonly string[] }> {
  const digests: (string | undefined)[] = Array.from({ length: files.length });
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < files.length; index = next++)
      digests[index] = await digest(join(folder, files[index] ?? ''));
  };
  await Promise.all(Array.from({ length: 16 }, work));
  const total = createHash('sha256');
  const present: string[] = [];
  for (const [index, path] of files.entries()) {
    const found = digests[index];
    if (found === undefined) continue;
    total.update(`${path}\0${found}\0`);
    present.push(path);
  }
  return { hash: total.digest('hex').slice(0, 40), present };
}

/** Of some files of a folder those that have been made or changed since a time in milliseconds; nobody can turn that back. */
export async function changedSince(folder: string, files: readonly string[], time: number): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const file of files) {
    const found = await lstat(join(folder, file)).catch(() => undefined);
    if (found && found.ctimeMs >= time) changed.push(file);
  }
  return changed;
}

export type CopyOptions = {
  /** Who reads: the owner of what is read, so that nobody gets a file through us that they could not read themselves. */
  readonly reader?: RunAs | undefined;
  /** Who writes, and owns the copy. */
  readonly writer?: RunAs | undefined;
  /** What is there already stays as it is. */
  readonly keepExisting?: true;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Copies named files of one folder into another, which must be there. Links are copied as links. Two `tar` processes do it,
 * each with the rights of its side, so that a link swapped in on the way leads nobody anywhere. Returns what tar complained
 * about; undefined where all went well.
 */
export async function copyFiles(
  from: string,
  files: readonly string[],
  to: string,
  options: CopyOptions = {},
): Promise<string | undefined> {
  const tar = (user: RunAs | undefined, directory: string, ...words: readonly string[]) => {
    const {
      command: [program, ...rest],
      environment,
    } = asUser(user, { command: ['/bin/tar', ...words], environment: bareEnvironment });
    const signal = options.signal ? { signal: options.signal } : {};
    return spawn(program, rest, {
      cwd: directory,
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...signal,
    });
  };
  const pack = tar(
    options.reader,
    from,
    '--create',
    '--file=-',
    '--no-recursion',
    '--hard-dereference',
    '--null',
    '--files-from=-',
  );
  const unpack = tar(
    options.writer,
    to,
    '--extract',
    '--file=-',
    '--no-same-owner',
    '--no-same-permissions',
    ...(options.keepExisting === true ? ['--skip-old-files'] : []),
  );
  unpack.stdout.resume();
  let words = '';
  for (const stream of [pack.stderr, unpack.stderr])
    stream.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4000)));
  const end = (child: typeof pack): Promise<number> =>
    new Promise((resolve) => {
      child.once('error', (error) => {
        words += `${error.message}\n`;
        resolve(127);
      });
      child.once('close', (code) => resolve(code ?? 1));
    });
  const ends = Promise.all([end(pack), end(unpack)]);
  // A tar that ends early breaks these pipes; its exit code and words tell why.
  await Promise.all([
    pipeline(Readable.from(files.map((file) => `${file}\0`)), pack.stdin).catch(() => undefined),
    pipeline(pack.stdout, unpack.stdin).catch(() => undefined),
  ]);
  const codes = await ends;
  return codes.every((code) => code === 0) ? undefined : words.trim() || `tar ended with ${codes.join(' and ')}`;
}

/** Copies a whole folder by hard links: for immutable trees, where a second copy would only cost disk and time. False where the file system cannot. */
export async function linkTree(from: string, to: string): Promise<boolean> {
  const result = await run(['cp', '--archive', '--link', '--no-target-directory', from, to]);
  if (result.code === 0) return true;
  await removeTree(to);
  return false;
}

/**
 * Gives all folders of a tree of root's to another owner, and no file: these may be hard links. Nobody but root may reach the tree
 * meanwhile. The inner ones go first, and links are not followed.
 */
export async function giveFolders(path: string, { uid, gid }: Ownership): Promise<void> {
  const owner = `${uid}:${gid}`;
  const change = ['-exec', 'chown', '--no-dereference', owner, '{}', '+'];
  await expectSuccess(['find', path, '-xdev', '-depth', '-type', 'd', ...change]);
}

/**
 * Links the files of one tree that another has not, where `wanted` accepts their name (relative, with `/`). For immutable trees
 * of the same owner. Returns the names linked.
 */
export async function linkMissing(
  from: string,
  to: string,
  wanted: (name: string) => boolean,
): Promise<readonly string[]> {
  if ((await describeFile(from))?.kind !== 'folder') return [];
  const linked: string[] = [];
  for (const name of (await walkTree(from, () => false, 200_000)).filter(wanted)) {
    const target = join(to, name);
    if (await exists(target)) continue;
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await link(join(from, name), target);
    linked.push(name);
  }
  return linked;
}

/**
 * Removes a folder with all in it, without following links or leaving its file system. Nothing there is fine. coreutils enter a
 * folder only through a descriptor that was opened without following a link, and take away what it has below that, so nobody
 * can lead them elsewhere on the way (Node's own `rm` goes by paths).
 */
export async function removeTree(path: string): Promise<void> {
  await expectSuccess(['rm', '--recursive', '--force', '--one-file-system', '--', path]);
}

/** Moves a finished folder to its name in one step. */
export async function moveTree(from: string, to: string): Promise<void> {
  await rename(from, to);
}

/** Names in a folder, sorted; empty where there is none. */
export async function listFolder(path: string): Promise<readonly string[]> {
  const names: string[] = await readdir(path).catch(() => []);
  return names.toSorted();
}

/** Names in a folder, sorted; empty where there is none. Throws where it cannot be read: then nobody knows what is in it. */
export async function readFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** The user that owns what is at a path (links not followed); undefined where nothing is there. */
export async function ownerOf(path: string): Promise<Ownership | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found && { uid: found.uid, gid: found.gid };
}

async function expectSuccess(command: readonly [string, ...string[]]): Promise<void> {
  const result = await run(command);
  if (result.code !== 0) throw new Error(`${command.join(' ')}: ${result.stderr.trim() || `exit ${result.code}`}`);
}
