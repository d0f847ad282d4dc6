import { join } from 'node:path';

import { ensureFolder, exists } from '../files/files.ts';
import { bareEnvironment } from '../processes/run.ts';
import { runTied } from '../processes/tied.ts';
import { listFolder, moveTree, removeTree } from '../files/tree.ts';

/** The release of uv that virtualenvs are built with. */
export const uvVersion = '0.13.8';

/** Debian's bundle of certificate authorities: where an administrator's own are as well. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Runs the pip that lies in the standard library's ensurepip (Debian keeps the wheel elsewhere) without installing it first,
 * which a virtualenv would take seconds for.
 */
const bundledPip = [
  'import ensurepip, glob, os, runpy, sys',
  "wheels = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled', 'pip-*.whl')) or glob.glob('/usr/share/python-wheels/pip-*.whl')",
  'sys.path.insert(0, wheels[0])',
  "sys.argv[0] = 'pip'",
  "runpy.run_module('pip', run_name='__main__', alter_sys=True)",
].join('; ');

/** Variables that pip and uv need to be quiet, to ask nothing and to trust what the system trusts. */
export async function installerEnvironment(
  cache: string,
  network: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const trusted = await exists(certificates);
  return {
    ...bareEnvironment,
    HOME: cache,
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
    GIT_TERMINAL_PROMPT: '0',
    UV_CACHE_DIR: join(cache, 'uv'),
    UV_NO_PROGRESS: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    PIP_CACHE_DIR: join(cache, 'pip'),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    ...(trusted && { UV_SYSTEM_CERTS: '1', PIP_CERT: certificates }),
    ...network,
  };
}

type UvOptions = {
  /** Whose pip installs it. */
  readonly python: string;
  readonly network: Readonly<Record<string, string>>;
  readonly log?: string;
  readonly signal?: AbortSignal | undefined;
};

/** What this process is installing already, by folder. */
const underway = new Map<string, Promise<string | undefined>>();

/**
 * The path of uv, installed from the package index into `tools/uv-VERSION` where it is not there yet: built aside and moved into
 * place, so that a kill leaves nothing half-done. Undefined, with pip's words in the log, where it cannot be installed. Where it is
 * being installed already ({@link prepareUv}), that is waited for, and tried anew where it failed.
 */
export async function ensureUv(tools: string, options: UvOptions): Promise<string | undefined> {
  return (await underway.get(tools)) ?? installUv(tools, options);
}

/**
 * Begins to install uv, for a build that comes: meanwhile the services that it needs are made. It takes seconds that are mostly
 * waiting. What fails is tried again by whoever needs it.
 */
export function prepareUv(tools: string, options: UvOptions): void {
  if (underway.has(tools)) return;
  const installed = installUv(tools, options)
    .catch(() => undefined)
    .finally(() => underway.delete(tools));
  underway.set(tools, installed);
}

async function installUv(tools: string, options: UvOptions): Promise<string | undefined> {
  const home = join(tools, `uv-${uvVersion}`);
  const uv = join(home, 'uv');
  if (await exists(uv)) return uv;
  await ensureFolder(tools, { mode: 0o755 });
  const workshop = join(tools, `.uv-${process.pid}`);
  const more = {
    ...(options.log !== undefined && { log: options.log }),
    ...(options.signal && { signal: options.signal }),
    timeoutSeconds: 300,
  };
  try {
    await removeTree(workshop);
    const environment = await installerEnvironment(join(workshop, 'cache'), options.network);
    const packages = join(workshop, 'packages');
    const installed = await runTied(
      [
        options.python,
        '-I',
        '-c',
        bundledPip,
        'install',
        '--quiet',
        '--no-cache-dir',
        '--only-binary=:all:',
        '--no-deps',
        '--target',
        packages,
        `uv==${uvVersion}`,
      ],
      { ...more, environment },
    );
    if (installed.code !== 0) return undefined;
    const finished = join(workshop, 'finished');
    await ensureFolder(finished, { mode: 0o755 });
    await moveTree(join(packages, 'bin', 'uv'), join(finished, 'uv'));
    // uv is one program without dependencies; another job may have been faster, which is just as well.
    await moveTree(finished, home).catch(() => undefined);
    return (await exists(uv)) ? uv : undefined;
  } finally {
    await removeTree(workshop);
  }
}

/**
 * Has uv download the newest Python of a series (`3.12`) into a folder. Returns the absolute path of the installation, or uv's
 * words where that fails.
 */
export async function downloadPython(
  uv: string,
  series: string,
  folder: string,
  options: {
    readonly network: Readonly<Record<string, string>>;
    readonly log?: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly path: string } | { readonly words: string }> {
  const environment = {
    ...(await installerEnvironment(join(folder, '.cache'), options.network)),
    UV_PYTHON_DOWNLOADS: 'manual',
    UV_PYTHON_INSTALL_DIR: folder,
  };
  const done = await runTied([uv, 'python', 'install', '--no-bin', series], {
    environment,
    timeoutSeconds: 600,
    ...(options.log !== undefined && { log: options.log }),
    ...(options.signal && { signal: options.signal }),
  });
  if (done.code !== 0) return { words: done.stderr.trim() };
  const names = (await listFolder(folder)).filter((name) => name.startsWith(`cpython-${series}.`));
  const newest = names.toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1);
  return newest === undefined ? { words: `${folder} has no Python ${series} now` } : { path: join(folder, newest) };
}
