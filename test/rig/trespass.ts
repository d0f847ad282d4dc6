import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runCommand } from './box.ts';

const trespasser = fileURLToPath(new URL('trespasser.py', import.meta.url));

export type SystemUser = { readonly uid: number; readonly gid: number };

/** A user of the system by name. */
export async function userNamed(name: string): Promise<SystemUser> {
  const { stdout } = await runCommand(['getent', 'passwd', name]);
  const [, , uid, gid] = stdout.split(':');
  if (uid === undefined || gid === undefined) throw new Error(`no user ${name}`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** The folder and all that is below it, as root sees it, but for what is inside libraries and static files: thousands that are all alike. */
export async function everything(folder: string): Promise<readonly string[]> {
  const found = [folder];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !['site-packages', 'static'].includes(entry.name))
      found.push(...(await everything(path)));
    else found.push(path);
  }
  return found;
}

/** What that user can read, list, change or connect to, but for what visitors get anyway. A line each. */
export async function trespass(paths: readonly string[], { uid, gid }: SystemUser): Promise<readonly string[]> {
  const child = spawn('python3', ['-I', trespasser], { uid, gid, cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(paths));
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  return trespasses(text);
}

/** The same from what the program printed, wherever it ran. */
export function trespasses(printed: string): readonly string[] {
  const worked = JSON.parse(printed) as readonly (readonly [string, string])[];
  return worked.map(([path, what]) => `${path} ${what}`).filter((line) => !isPublic.test(line));
}

/** For everybody, and never to change: the tools, NGINX's configuration without its keys, what visitors get anyway. */
const isPublic = /^\/tmp\/rd-\w+(?:\/base(?:\/(?:tools|edge)(?:\/.*)?|\/checkouts|.*\/static)?)? (?:list|read)$/;

/** Collects the command lines of all processes until the signal aborts. */
export async function watchCommandLines(all: Set<string>, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (line !== '') all.add(line.replaceAll('\0', ' '));
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
