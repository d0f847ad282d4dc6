import { posix } from 'node:path';

import { inCode } from '../build/kept.ts';
import { deniedWrites } from '../django/denied-writes.ts';
import { isKept } from '../django/kept-paths.ts';
import { listFolder } from '../machine/files/tree.ts';
import { type Layout, siteLayout } from '../machine/layout.ts';
import { lastLines } from '../machine/logs/log-files.ts';
import type { SiteRecord } from '../sites/record.ts';

/** What a site could not write in its code, and the line of config with which it can. */
export type DeniedWrite = { readonly path: string; readonly config: string };

/** Lines of each log that are looked at. */
const most = 20_000;

/** What the logs of a site say that it could not write. */
export async function writtenInCode({ name, release }: SiteRecord, layout: Layout): Promise<readonly DeniedWrite[]> {
  const { logs, releases } = siteLayout(layout.sites, name);
  if (!release) return [];
  const files = (await listFolder(logs)).filter((file) => file.endsWith('.log') && !file.startsWith('build-'));
  const lines: string[] = [];
  for (const file of files) lines.push(...(await lastLines(posix.join(logs, file), most)));
  const found: DeniedWrite[] = [];
  for (const path of deniedWrites(lines, releases)) {
    if (isKept(path, release.kept ?? [])) continue;
    const kept = await worthKeeping(posix.join(release.folder, 'code'), path);
    found.push({ path, config: `[files] writable = [${JSON.stringify(kept)}]` });
  }
  return found;
}

/** The folder that a file is for, where the code has nothing else in it; else the path itself. */
async function worthKeeping(code: string, path: string): Promise<string> {
  const folder = posix.dirname(path);
  if (folder === '.' || !/\.[A-Za-z0-9]+$/.test(path)) return path;
  const there = await inCode(posix.join(code, folder));
  return there === undefined || there === 'placeholder' ? folder : path;
}

/** For people, before the next release. */
export function deniedWriteNote({ path, config }: DeniedWrite): string {
  return `the site tried to write ${path}, and its code is read-only: \`${config}\` in roadie.toml keeps that in the site's data`;
}
