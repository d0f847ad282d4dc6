import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

import type { RunAs } from '../../services/service.ts';
import { describeFile, ensureFolder, exists, writeAtomically } from '../files/files.ts';
import { rewriteLibraryPaths } from './library-paths.ts';
import { run } from '../processes/run.ts';
import { allRead, sealTree } from '../files/seal.ts';
import { runTied } from '../processes/tied.ts';
import { copyFiles, listFolder, moveTree, removeTree, TreeTooLarge, walkTree } from '../files/tree.ts';
import { currentUser } from '../users/users.ts';

/** What Django and its packages cannot do without; the rest of the standard library needs nothing of the system. */
const modules = ['ssl', 'sqlite3', 'ctypes', 'zlib', 'hashlib', 'venv', 'ensurepip'] as const;

/** Prints version and prefix, and each libpython in use: one of elsewhere would be that of another Python. */
const question = [
  `import ${modules.join(', ')}, os, sys`,
  "print('version', '.'.join(map(str, sys.version_info[:3])))",
  "print('prefix', os.path.realpath(sys.prefix))",
  "[print('library', line.split(None, 5)[-1].strip()) for line in open('/proc/self/maps') if 'libpython' in line]",
].join('\n');

/** Names of what a virtualenv has no use for, wherever they are. */
const leftOut = /^(?:site-packages|tests?|idle_test|.*\.a|.*\.opt-[12]\.pyc)$/;

/** Where an installation says of itself where it lies: packages that link libpython look for it there. */
const descriptions =
  /^lib(?:64)?\/(?:python[\d.]+t?\/(?:_sysconfigdata_.*\.py|config-[^/]+\/Makefile)|pkgconfig\/python.*\.pc)$/;

/** More than any installation's own files by far. */
const fileLimit = 60_000;

export type PythonCopy = {
  /** Absolute folder of the installation. */
  readonly from: string;
  /** `3.13.0` */
  readonly version: string;
  /** Absolute folder that the copy is to be. */
  readonly to: string;
  /** Who must be able to run it. */
  readonly user?: RunAs | undefined;
  readonly log?: string;
};

/**
 * Copies an installation of CPython to a folder where all users can run it: root's, without test suites, installed packages,
 * scripts and static libraries, its library paths made relative. The copy is built aside, tried as `user`, and renamed, so what
 * stands at `to` is always whole. Returns the words of what failed; undefined where all went well.
 */
export async function copyPython(copy: PythonCopy): Promise<string | undefined> {
  if (await exists(join(copy.to, 'bin', program(copy.version)))) return undefined;
  const folder = dirname(copy.to);
  await ensureFolder(folder, { mode: 0o755 });
  await removeAbandoned(folder);
  const workshop = join(folder, `.${basename(copy.to)}-${process.pid}`);
  try {
    await removeTree(workshop);
    await ensureFolder(workshop, { mode: 0o755 });
    const words = (await copyInstallation(copy, workshop)) ?? (await tryPython(workshop, copy.version, copy));
    if (words !== undefined) return words;
    // All of it must be on the disk before its name is.
    const synced = await run(['sync', '--file-system', workshop]);
    if (synced.code !== 0) return synced.stderr.trim();
    // Another job may have been faster, which is just as well.
    await moveTree(workshop, copy.to).catch(() => undefined);
    return (await exists(copy.to)) ? undefined : `${workshop} could not be renamed to ${copy.to}`;
  } finally {
    await removeTree(workshop);
  }
}

/** Runs an installation's interpreter as a user. Returns what is wrong with it; undefined where it is fit for virtualenvs. */
export async function tryPython(
  prefix: string,
  version: string,
  { user, log }: Pick<PythonCopy, 'user' | 'log'>,
): Promise<string | undefined> {
  const tried = await runTied([join(prefix, 'bin', program(version)), '-I', '-c', question], {
    timeoutSeconds: 60,
    ...(user && { user }),
    ...(log !== undefined && { log }),
  });
  if (tried.code !== 0) return tried.stderr.trim().split('\n').slice(-3).join('\n') || `it ended with ${tried.code}`;
  const said = (name: string): readonly string[] =>
    [...tried.stdout.matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].map(([, value]) => value ?? '');
  if (!`${said('version')[0]}.`.startsWith(`${version}.`)) return `it says that it is ${said('version').join()}`;
  const home = said('prefix')[0] ?? '';
  const foreign = said('library').find((library) => !library.startsWith(`${home}/`));
  return foreign === undefined ? undefined : `it uses ${foreign}, which is not its own`;
}

function program(version: string): string {
  return `python${version.split('.').slice(0, 2).join('.')}`;
}

async function copyInstallation({ from, to: place }: PythonCopy, to: string): Promise<string | undefined> {
  let files: readonly string[];
  try {
    files = (await walkTree(from, (name) => leftOut.test(name), fileLimit)).filter(isNeeded);
  } catch (error) {
    if (error instanceof TreeTooLarge) return error.message;
    throw error;
  }
  const words = await copyFiles(from, files, to);
  if (words !== undefined) return words;
  for (const file of files) if (/^bin\/|\.so(?:\.|$)/.test(file)) await makeRelocatable(from, to, file);
  for (const file of files) if (descriptions.test(file)) await describeAnew(join(to, file), from, place);
  const { uid } = currentUser();
  sealTree(to, { from: [uid], ...(uid === 0 && { to: { uid: 0, gid: 0 } }), modes: allRead });
  return undefined;
}

/** Of the programs only the interpreter: the others are scripts that name the old place. */
function isNeeded(file: string): boolean {
  return /^(?:include|lib|lib64)\//.test(file) || /^bin\/python(?:3(?:\.\d+)?)?$/.test(file);
}

/** A Python that was built with a libpython of its own looks for it at the old, absolute place. */
async function makeRelocatable(from: string, to: string, file: string): Promise<void> {
  const path = join(to, file);
  const found = await describeFile(path);
  if (found?.kind !== 'file') return;
  const changed = rewriteLibraryPaths(await readFile(path), (folder) =>
    folder === from || folder.startsWith(`${from}/`)
      ? `$ORIGIN/${relative(dirname(file), relative(from, folder))}`
      : folder,
  );
  if (changed) await writeAtomically(path, changed, { mode: found.mode });
}

/** Names the place of the copy in what said the place that it was copied from, which nobody else can enter. */
async function describeAnew(path: string, from: string, place: string): Promise<void> {
  const found = await describeFile(path);
  if (found?.kind !== 'file') return;
  const before = await readFile(path, 'utf8');
  const after = before.split(from).reduce((text, rest) => `${text}${/^[\w.-]/.test(rest) ? from : place}${rest}`);
  if (after !== before) await writeAtomically(path, after, { mode: found.mode });
}

/** Removes what a job left that was killed in the middle of a copy. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await listFolder(folder)) {
    const pid = /^\..+-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !(await exists(`/proc/${pid}`))) await removeTree(join(folder, name));
  }
}
