import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { ProblemError } from '../../problems/problem.ts';
import { ensureFolder, exists, readText, writeAtomically } from '../files/files.ts';
import { failureProblem, lockSeconds, missingProblem, stillMissingProblem } from './package-problems.ts';
import { disableUnitsOf, holdServices, letServicesGo } from './package-services.ts';
import { bareEnvironment, run, type RunResult } from '../processes/run.ts';
import { inTurn } from '../processes/turn.ts';
import { isRoot } from '../system.ts';

export { missingProblem };

/**
 * For one installation after another: one that came to its end would let services start that come with the next. Only root can write
 * beside the file, so that nobody else can keep an installation waiting.
 */
const lockFile = '/run/roadie-packages.lock';

/** Versions of the installed packages by name; a virtual package has the version of what provides it. */
export type InstalledPackages = ReadonlyMap<string, string>;

/** Lines that must stand in a file before packages are unpacked, unless the file has what `known` matches. */
type PackageSetting = {
  readonly packages: RegExp;
  readonly path: string;
  readonly known: RegExp;
  readonly lines: string;
};

export type InstallOptions = {
  /** All that apt prints is added to this file. */
  readonly log?: string;
  /** Told what is going on: `Reading the package lists`. */
  readonly say?: (text: string) => void;
  /** What must stand in files of the machine before packages are unpacked. */
  readonly settings?: readonly PackageSetting[];
  /** Where this package notes what it is about to do, so that an interrupted installation can be finished. */
  readonly journal: string;
};

type Unfinished = Pick<InstallOptions, 'journal' | 'log'>;

/** Package lists older than this are read anew before an installation. */
const listsAgeSeconds = 24 * 3600;

/** All installed packages, by one dpkg-query. */
export async function installedPackages(): Promise<InstalledPackages> {
  const result = await run(
    ['dpkg-query', '-W', '-f', '${db:Status-Status}\\t${Package}\\t${Version}\\t${Provides}\\n'],
    { timeoutSeconds: 60 },
  );
  if (result.code === 127) {
    throw new ProblemError({
      code: 'system-unsupported',
      summary: 'This system has no dpkg: Roadie installs what a site needs from Debian packages',
      cure: ['Use a machine with Debian or Ubuntu.'],
    });
  }
  return parseDpkgQuery(result.stdout);
}

/** Reads `STATUS\tNAME\tVERSION\tPROVIDES` lines; only `installed` ones count, so a package that is half configured is missing. */
export function parseDpkgQuery(text: string): InstalledPackages {
  const found = new Map<string, string>();
  const provided = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [status, name, version, provides] = line.split('\t');
    if (status !== 'installed' || !name || version === undefined) continue;
    found.set(name, version);
    for (const part of (provides ?? '').split(',')) {
      const word = part.trim().split(/[\s(:]/)[0];
      if (word) provided.set(word, version);
    }
  }
  return new Map([...provided, ...found]);
}

/**
 * Installs Debian packages, without their recommendations, and leaves none of the services that come with them running or
 * enabled: Roadie runs its own. What ran before is not touched. Safe to repeat after a kill at any point.
 * Throws `packages-missing` without root, and `packages-failed` with apt's words.
 */
export async function installPackages(names: readonly string[], options: InstallOptions): Promise<void> {
  await finishInstallation(options);
  const missing = missingOf(names, await installedPackages());
  if (missing.length === 0) return;
  if (!isRoot()) throw new ProblemError(missingProblem(missing));
  await inTurn(lockFile, () => install(names, options));
  const still = missingOf(names, await installedPackages());
  if (still.length > 0) throw new ProblemError(stillMissingProblem(still));
}

function missingOf(names: readonly string[], installed: InstalledPackages): readonly string[] {
  return names.filter((name) => !installed.has(name));
}

async function install(names: readonly string[], options: InstallOptions): Promise<void> {
  const before = await installedPackages();
  const missing = missingOf(names, before);
  // Somebody else may have installed them while this waited for its turn.
  if (missing.length === 0) return;
  await writeAtomically(options.journal, JSON.stringify([...before.keys()]), { mode: 0o600 });
  await holdServices();
  await prepare(missing, options.settings ?? []);
  try {
    let updated = (await listsAreOld()) ? await update(options) : undefined;
    let result = await apt(['install', ...missing], options);
    if (result.code !== 0 && updated === undefined && listsMayBeAtFault(result)) {
      updated = await update(options);
      result = await apt(['install', ...missing], options);
    }
    // Without its servers apt knows of few packages: then that is the reason, and not a wrong name.
    if (result.code !== 0) {
      throw new ProblemError(
        failureProblem(missing, { ...result, stderr: `${updated?.stderr ?? ''}\n${result.stderr}` }),
      );
    }
  } finally {
    await finish(options);
  }
}

/**
 * Brings an installation that was cut short to an end: configures what was unpacked, disables the services that came with it,
 * gives the machine its own policy back. Does nothing where none was begun. Call it when the daemon starts, too.
 */
export async function finishInstallation(options: Unfinished): Promise<void> {
  if (isRoot() && (await exists(options.journal))) await inTurn(lockFile, () => finish(options));
}

async function finish(options: Unfinished): Promise<void> {
  const text = await readText(options.journal);
  if (text === undefined) return;
  // Still with services held back: configuring is what starts them.
  const log = options.log === undefined ? {} : { log: options.log };
  await holdServices();
  await configureUnpacked(log);
  const before = parseNames(text);
  // A journal that cannot be read must not make everything look new: then nothing is disabled.
  if (before)
    await disableUnitsOf(
      [...(await installedPackages()).keys()].filter((name) => !before.has(name)),
      options.log,
    );
  await letServicesGo(options.journal);
}

/** Configures what was unpacked. An apt whose starter was killed goes on by itself and holds the lock: it is waited for. */
async function configureUnpacked(log: { readonly log?: string }): Promise<void> {
  const until = performance.now() + lockSeconds * 1000;
  for (;;) {
    const result = await run(['dpkg', '--force-confdef', '--force-confold', '--configure', '-a'], {
      environment: aptEnvironment,
      timeoutSeconds: 1800,
      ...log,
    });
    if (result.code === 0 || !/lock/.test(result.stderr) || performance.now() > until) return;
    await setTimeout(2000);
  }
}

const aptEnvironment: Readonly<Record<string, string>> = {
  ...bareEnvironment,
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  // needrestart would otherwise ask, or restart other people's services.
  NEEDRESTART_SUSPEND: '1',
  UCF_FORCE_CONFFOLD: '1',
};

function apt(command: readonly string[], options: InstallOptions): Promise<RunResult> {
  const settings = [
    `DPkg::Lock::Timeout=${lockSeconds}`,
    'Dpkg::Options::=--force-confdef',
    'Dpkg::Options::=--force-confold',
    'Dpkg::Use-Pty=0',
    'Acquire::Retries=3',
  ];
  return run(
    ['apt-get', '-y', '-q', '--no-install-recommends', ...settings.flatMap((setting) => ['-o', setting]), ...command],
    {
      environment: aptEnvironment,
      timeoutSeconds: 1800,
      ...(options.log !== undefined && { log: options.log }),
    },
  );
}

/** A failed update is no failure yet: the lists at hand may do. */
function update(options: InstallOptions): Promise<RunResult> {
  options.say?.('Reading the package lists');
  return apt(['update'], options);
}

async function listsAreOld(): Promise<boolean> {
  const folder = '/var/lib/apt/lists';
  const names = await readdir(folder).catch(() => []);
  if (!names.some((name) => name.includes('_Packages'))) return true;
  const newest = await Promise.all(
    [folder, `${folder}/partial`].map((path) =>
      stat(path).then(
        (found) => found.mtimeMs,
        () => 0,
      ),
    ),
  );
  return Date.now() - Math.max(...newest) > listsAgeSeconds * 1000;
}

function listsMayBeAtFault(result: RunResult): boolean {
  return /Unable to locate package|has no installation candidate|404 +Not Found|Failed to fetch|Hash Sum mismatch/.test(
    `${result.stdout}\n${result.stderr}`,
  );
}

/** Writes what packages must find before they are unpacked. What an administrator wrote there stays. */
async function prepare(names: readonly string[], settings: readonly PackageSetting[]): Promise<void> {
  for (const { packages, path, known, lines } of settings) {
    if (!names.some((name) => packages.test(name))) continue;
    const before = (await readText(path)) ?? '';
    if (known.test(before)) continue;
    await ensureFolder(dirname(path), { mode: 0o755 });
    await writeAtomically(path, before === '' ? lines : `${before.trimEnd()}\n\n${lines}`, { mode: 0o644 });
  }
}

function parseNames(text: string): ReadonlySet<string> | undefined {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? new Set(names.filter((name) => typeof name === 'string')) : undefined;
  } catch {
    return undefined;
  }
}
