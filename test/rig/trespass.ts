import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const trespasser = fileURLToPath(new URL('trespasser.py', import.meta.url));

/** The folder and all that is below it, as root sees it, but for what is inside libraries: thousands that are all alike. */
export async function everything(folder: string): Promise<readonly string[]> {
  const found = [folder];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'site-packages') found.push(...(await everything(path)));
    else found.push(path);
  }
  return found;
}

/** What that user can read, list, change or connect to with the groups that it has, but for what everybody may. A line each. */
export async function trespass(
  paths: readonly string[],
  user: string,
  groups: readonly string[] = [],
): Promise<readonly string[]> {
  const membership = groups.length > 0 ? `--groups=${groups.join(',')}` : '--init-groups';
  const words = [
    `--reuid=${user}`,
    `--regid=${user === 'nobody' ? 'nogroup' : user}`,
    membership,
    '/usr/bin/python3',
    '-I',
    trespasser,
  ];
  const child = spawn('/usr/bin/setpriv', words, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
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
const isPublic = /^\/tmp\/rd-\w+(?:\/base(?:\/(?:tools|edge)(?:\/.*)?|\/checkouts)?)? (?:list|read)$/;

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
