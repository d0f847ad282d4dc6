import { realpath, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { exists } from '../files/files.ts';
import { run } from '../processes/run.ts';
import { isRoot } from '../system.ts';
import { currentUser } from '../users/users.ts';

/** An interpreter on this machine. */
export type Python = {
  /** Absolute path, as it is called. */
  readonly path: string;
  /** `3.11.2` */
  readonly version: string;
  /** Whether every user can execute it: not so below a private home folder. */
  readonly shared: boolean;
  /** Absolute folder of the installation that it belongs to. */
  readonly prefix: string;
};

/**
 * Every CPython 3 on this machine: the system's, /usr/local's, /opt's, the own pyenv's and uv's, and the installations below
 * `provided`, where Roadie puts its own. Each once, newest first, shared ones before private ones of the same version. Without
 * root all are run by one user and count as shared.
 */
export async function findPythons(provided?: string): Promise<readonly Python[]> {
  const home = currentUser().home;
  const roots = [
    '/usr/bin',
    '/usr/local/bin',
    ...(await below('/opt', ['bin'])),
    ...(await below(join(home, '.pyenv/versions'), ['bin'])),
    ...(await below(join(home, '.local/share/uv/python'), ['bin'])),
    ...(provided === undefined ? [] : await below(provided, ['bin'])),
  ];
  const found = new Map<string, string>();
  for (const path of (await Promise.all(roots.map(interpretersIn))).flat()) {
    const real = await realpath(path).catch(() => undefined);
    if (real !== undefined && !found.has(real)) found.set(real, path);
  }
  const pythons = await Promise.all([...found].map(([real, path]) => describe(path, real)));
  return pythons
    .filter((python) => python !== undefined)
    .toSorted((a, b) => compareVersions(b.version, a.version) || Number(b.shared) - Number(a.shared));
}

/** Compares dotted versions by number: negative where `a` is older. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const right = b.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What the target needs to know about installed programs. */
export type Programs = {
  /** Absolute folders by component. */
  readonly programs: Readonly<Record<string, string>>;
  /** Of the files that components look for, whether they are there. */
  readonly installed: Readonly<Record<string, boolean>>;
};

/** What components look for: their server's file name, and absolute paths of files by name. */
type Wanted = readonly {
  readonly name: string;
  readonly looksFor?: { readonly program: string; readonly installed?: Readonly<Record<string, string>> };
}[];

const ordinary = {
  redis: 'redis-server',
  memcached: 'memcached',
  mariadb: 'mariadbd',
} as const;

/**
 * The folders of the servers' programs; what is not installed has no entry. PostgreSQL has none either: Debian keeps a folder for
 * each major version, and only the site's options say which one its data is for. `wanted`: what components look for besides.
 */
export async function findPrograms(wanted: Wanted = []): Promise<Programs> {
  const programs: Record<string, string> = {};
  const more = wanted.flatMap(({ name, looksFor }) => (looksFor ? [[name, looksFor.program] as const] : []));
  for (const [name, program] of [...Object.entries(ordinary), ...more]) {
    // Only the distribution's own folders: what somebody put in /usr/local is not what the packages configure.
    for (const folder of ['/usr/sbin', '/usr/bin'])
      if (programs[name] === undefined && (await exists(join(folder, program)))) programs[name] = folder;
  }
  const files = wanted.flatMap(({ looksFor }) => Object.entries(looksFor?.installed ?? {}));
  const found = await Promise.all(files.map(async ([name, path]) => [name, await exists(path)] as const));
  return { programs, installed: Object.fromEntries(found) };
}

async function interpretersIn(folder: string): Promise<readonly string[]> {
  const names = (await list(folder)).filter((name) => /^python3(\.\d+)?$/.test(name));
  return names.toSorted((a, b) => b.length - a.length).map((name) => join(folder, name));
}

async function below(folder: string, tail: readonly string[]): Promise<readonly string[]> {
  const names = (await list(folder)).filter((name) => !name.startsWith('.'));
  return names.toSorted().map((name) => join(folder, name, ...tail));
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function describe(path: string, real: string): Promise<Python | undefined> {
  const question =
    'import sys; print(sys.implementation.name, *sys.version_info[:3], sys.prefix != sys.base_prefix); print(sys.prefix)';
  // -I -S -E: the quickest start, and nothing of a user's site-packages runs.
  const result = await run([path, '-I', '-S', '-c', question], { timeoutSeconds: 20 });
  const match = /^cpython (\d+) (\d+) (\d+) False\n(\/.*)$/m.exec(result.stdout);
  if (result.code !== 0 || !match) return undefined;
  const shared = !isRoot() || ((await reachable(path)) && (await reachable(real)));
  return { path, version: match.slice(1, 4).join('.'), shared, prefix: match[4] ?? '' };
}

/** Whether everybody may execute a file and enter all folders above it. */
async function reachable(path: string): Promise<boolean> {
  for (let current = path; ; current = dirname(current)) {
    const found = await stat(current).catch(() => undefined);
    if (!found || (found.mode & 0o001) === 0) return false;
    if (current === '/') return true;
  }
}
