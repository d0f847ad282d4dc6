import { createHash } from 'node:crypto';
import { join } from 'node:path';

import type { OwnFile } from '../blueprint/blueprint.ts';
import type { OwnFiles } from '../contract/answers.ts';
import { codePathPattern } from '../contract/names.ts';
import { describeFile, readBytes } from '../machine/files/files.ts';
import { walkTree } from '../machine/files/tree.ts';

/** A file of the owner's own with its content. */
export type OwnContent = OwnFile & { readonly content: Uint8Array };

/** As many as nobody configures a project with. */
const mostFiles = 1000;

/** Names of the owner's own files in `folder` (`siteLayout`), sorted. Nothing where there is no such folder. */
export async function ownPaths(folder: string): Promise<readonly string[]> {
  if ((await describeFile(folder))?.kind !== 'folder') return [];
  const found = await walkTree(folder, (name) => name.endsWith('.tmp') && name.startsWith('.'), mostFiles);
  const paths: string[] = [];
  for (const path of found)
    if (codePathPattern.test(path) && (await describeFile(join(folder, path)))?.kind === 'file') paths.push(path);
  return paths;
}

/** The owner's own files with their contents. */
export async function readOwnFiles(folder: string): Promise<readonly OwnContent[]> {
  const files: OwnContent[] = [];
  for (const path of await ownPaths(folder)) {
    const content = await readBytes(join(folder, path));
    if (content) files.push(ownContent(path, content));
  }
  return files;
}

/** A content at a path of the code. */
export function ownContent(path: string, content: Uint8Array): OwnContent {
  return { path, hash: createHash('sha256').update(content).digest('hex'), content };
}

/** The owner's own files as they are told: without their contents. */
export async function ownFilesView(site: string, folder: string): Promise<OwnFiles> {
  const files = [];
  for (const path of await ownPaths(folder)) {
    const found = await describeFile(join(folder, path));
    if (found) files.push({ path, bytes: found.size, changed: new Date(found.changedMs).toISOString() });
  }
  return { site, folder, files };
}
