import { join } from 'node:path';

import { exists } from '../machine/files/files.ts';
import { listFolder, removeTree } from '../machine/files/tree.ts';

/** How long deleted data can be had back. */
const trashDays = 7;

/** Deletes for good what has been in the trash for longer than a week, and answers the paths. `now`: milliseconds since 1970. */
export async function emptyTrash(trash: string, now: number): Promise<readonly string[]> {
  if (!(await exists(trash))) return [];
  const oldest = now - trashDays * 86_400_000;
  const removed: string[] = [];
  for (const name of await listFolder(trash)) {
    const found = trashedAt(name);
    if (!found || found.time >= oldest) continue;
    await removeTree(join(trash, name));
    removed.push(join(trash, name));
  }
  return removed;
}

/** The folder in the trash for what is a site's and is thrown away now. */
export function trashFolder(trash: string, site: string, now: Date): string {
  return join(trash, `${site}-${now.toISOString().replaceAll(/[:.]/g, '-')}`);
}

/** Which site's data a folder in the trash is, and since when (milliseconds since 1970); undefined for what Roadie has not put there. */
export function trashedAt(name: string): { readonly site: string; readonly time: number } | undefined {
  const found = /^(.+)-(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})-\d{3}Z$/.exec(name);
  return found
    ? { site: found[1] ?? '', time: Date.parse(`${found[2]}T${found[3]}:${found[4]}:${found[5]}Z`) }
    : undefined;
}
