import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { run } from './run.ts';

/** An interpreter on this machine; the same words as `release/python.ts`. */
export type Interpreter = { readonly path: string; readonly version: string; readonly shared: boolean };

/** Where distributions and administrators put interpreters, the distribution's first: it gets security updates. */
const systemFolders = ['/usr/bin', '/usr/local/bin'] as const;

const question =
  'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable); print(sys.base_prefix); import ensurepip, venv';

/**
 * The Pythons of this machine that can make virtualenvs: the distribution's, then the administrator's, then those that uv
 * installed into `tools/pythons`. One entry per interpreter; `python3` before `python3.11` where both are the same.
 */
export async function findPythons(tools: string): Promise<readonly Interpreter[]> {
  const managed = (await readdir(join(tools, 'pythons')).catch(() => []))
    .filter((name) => name.startsWith('cpython-'))
    .toSorted()
    .toReversed();
  const folders = [...systemFolders, ...managed.map((name) => join(tools, 'pythons', name, 'bin'))];
  const found = new Map<string, Interpreter>();
  for (const folder of folders) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => /^python3(?:\.\d+)?$/.test(name)).toSorted();
    for (const name of names) {
      const path = join(folder, name);
      const real = await realpath(path).catch(() => undefined);
      if (real === undefined || found.has(real)) continue;
      const asked = await run([path, '-I', '-c', question], { timeoutSeconds: 20 });
      const [version, , prefix] = asked.stdout.split('\n');
      if (asked.code !== 0 && !/ensurepip|venv/.test(asked.stderr)) continue;
      if (version === undefined || prefix === undefined || !/^\d+\.\d+\.\d+$/.test(version)) continue;
      found.set(real, { path, version, shared: (await isShared(real)) && (await isShared(prefix)) });
    }
  }
  return [...found.values()];
}

/** Whether every user may enter all folders on the way to a path and read what is there. */
async function isShared(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    const needed = at === path ? 0o5 : 0o1;
    if (!found || (found.mode & needed) !== needed) return false;
    if (at === '/') return true;
  }
}
