import { posix } from 'node:path';

import {
  configuredPath,
  type InCode,
  isKept,
  type KeptPath,
  keptPaths,
  onTheWay,
  waysTo,
  withoutInner,
} from '../django/kept-paths.ts';
import type { Write } from '../django/probe/probe.ts';
import { describeFile, ensureFolder, exists } from '../machine/files/files.ts';
import { linkOnTheWay, pointLink } from '../machine/files/links.ts';
import { sealTree } from '../machine/files/seal.ts';
import { listFolder, moveTree } from '../machine/files/tree.ts';
import { run } from '../machine/processes/run.ts';
import { currentUser } from '../machine/users/users.ts';
import type { BuildContext, BuilderContext, NamedFolder } from './context.ts';

/** Where a release keeps what its code had at the paths that are kept: the first content of the site's data. Root's. */
export function shippedFolder({ paths }: BuildContext): string {
  return posix.join(paths.folder, 'shipped');
}

/** Where the build writes what the site will write in its data: the build's user has no part in that. Gone when it is handed over. */
export function scratchFolder({ paths }: Pick<BuilderContext, 'paths'>): string {
  return posix.join(paths.folder, 'scratch');
}

/** A folder that a variable names, as long as the build's user runs the project's code. */
export function namedScratch(context: BuildContext, { path }: NamedFolder): string {
  return posix.join(scratchFolder(context), 'named', path);
}

/** What is MEDIA_ROOT to the build's user, who gets at no uploads: settings that make folders below it can, and need not find any. */
export function mediaScratch(context: Pick<BuilderContext, 'paths'>): string {
  return posix.join(scratchFolder(context), 'media');
}

/** Makes that folder. It is seen from the next command on. */
export async function makeMediaScratch(context: BuildContext): Promise<void> {
  const { builder } = context;
  if (builder)
    await ensureFolder(mediaScratch(context), { mode: 0o755, ownership: { uid: builder.uid, gid: builder.gid } });
}

/** Makes what variables name in a copy of the build's own. */
export async function makeFolders(context: BuildContext, folders: readonly NamedFolder[]): Promise<void> {
  const { builder, state } = context;
  state.folders = folders;
  const ownership = builder && { uid: builder.uid, gid: builder.gid };
  for (const folder of folders) await ensureFolder(namedScratch(context, folder), { mode: 0o755, ownership });
}

/** Keeps what the project was heard to write. Whether anything was new: then whoever failed for want of it may be asked again. */
export async function keepWritten(context: BuildContext, writes: readonly Write[]): Promise<boolean> {
  const { code } = context.paths;
  const known = new Map<string, InCode>();
  for (const path of onTheWay(writes, code)) known.set(path, await inCode(posix.join(code, path)));
  return keep(context, keptPaths(writes, code, known));
}

/** Keeps what the owner's config names. */
export async function keepConfigured(context: BuildContext): Promise<void> {
  const wanted: KeptPath[] = [];
  for (const path of context.blueprint.writable ?? []) {
    const there = (await describeFile(posix.join(context.paths.code, path)))?.kind;
    wanted.push({
      ...configuredPath(path, there === 'folder' || there === 'file' ? there : undefined),
      because: 'files.writable',
    });
  }
  await keep(context, withoutInner(wanted));
}

/** The code is root's by now: what is moved and linked in it is nobody else's to change meanwhile. */
async function keep(context: BuildContext, wanted: readonly KeptPath[]): Promise<boolean> {
  const { paths, state } = context;
  const before = state.kept ?? [];
  const fresh: KeptPath[] = [];
  for (const kept of wanted) {
    const link = await linkOnTheWay(paths.code, posix.join(paths.code, kept.path));
    if (isKept(kept.path, before) || link !== undefined) continue;
    await divert(context, kept, before.length + fresh.length);
    fresh.push(kept);
  }
  state.kept = [...before, ...fresh];
  return fresh.length > 0;
}

/** Moves what the code has there aside, and links the name to a copy that the build's user can write. */
async function divert(context: BuildContext, { path, kind }: KeptPath, number: number): Promise<void> {
  const { builder, paths, sealed } = context;
  const inRelease = posix.join(paths.code, path);
  const shipped = posix.join(shippedFolder(context), path);
  const folder = posix.join(scratchFolder(context), String(number));
  const scratch = posix.join(folder, posix.basename(path));
  const ownership = builder && { uid: builder.uid, gid: builder.gid };
  const from = [builder ? 0 : currentUser().uid];
  await ensureFolder(folder, { mode: 0o755, ownership });
  if (await exists(inRelease)) {
    await ensureFolder(posix.dirname(shipped), { mode: 0o755 });
    await moveTree(inRelease, shipped);
    const copied = await run(['cp', '--archive', '--no-target-directory', '--', shipped, scratch]);
    if (copied.code !== 0) throw new Error(`${path} could not be copied: ${copied.stderr.trim()}`);
    if (ownership) sealTree(folder, { from: [...from, ownership.uid], to: ownership });
  } else if (kind === 'folder') await ensureFolder(scratch, { mode: 0o755, ownership });
  for (const parent of waysTo(path).slice(0, -1)) {
    const made = posix.join(paths.code, parent);
    if (!(await exists(made))) await ensureFolder(made, { mode: 0o750, ownership: sealed });
  }
  await pointLink(inRelease, scratch);
}

/** What the code has at an absolute path. */
export async function inCode(path: string): Promise<InCode> {
  const found = await describeFile(path);
  if (found?.kind !== 'folder') return found?.kind === 'link' ? 'other' : found?.kind;
  return (await listFolder(path)).every((name) => name.startsWith('.')) ? 'placeholder' : 'folder';
}
