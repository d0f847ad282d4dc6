import { below } from '../read/paths.ts';
import type { ProjectScan } from '../read/scan.ts';
import { type NodePackage, upwards } from './packages.ts';

/** The programs that install packages of Node. `berry` is Yarn from its second version on, another program of the same name. */
export type ManagerKind = 'npm' | 'pnpm' | 'yarn' | 'berry';

/** How a package's dependencies are installed. */
export type Manager = {
  readonly kind: ManagerKind;
  /** The exact version that `packageManager` names. */
  readonly version?: string;
  /** The folder that is installed: the package's own, or that of the workspace whose lock has it. */
  readonly folder: string;
  /** The lock, relative to the project; absent where there is none. */
  readonly lock?: string;
};

const locks: readonly { readonly name: string; readonly kind: ManagerKind }[] = [
  { name: 'pnpm-lock.yaml', kind: 'pnpm' },
  { name: 'yarn.lock', kind: 'yarn' },
  { name: 'npm-shrinkwrap.json', kind: 'npm' },
  { name: 'package-lock.json', kind: 'npm' },
];

/**
 * What installs a package: what `packageManager` names, else whose lock lies beside it or, for a member of a workspace, above it;
 * else npm.
 */
export function findManager(
  scan: Pick<ProjectScan, 'files' | 'texts'>,
  { folder }: NodePackage,
  packages: readonly NodePackage[],
): Manager {
  const files = new Set(scan.files);
  const above = upwards(folder).filter((each) => each === folder || isWorkspace(each, files, packages));
  const named = above
    .map((each) => packages.find((one) => one.folder === each)?.packageManager)
    .find((one) => one !== undefined);
  const [, name, version] = /^(npm|pnpm|yarn)@(\d+\.\d+\.\d+)/.exec(named ?? '') ?? [];
  for (const each of above) {
    const lock = locks.find((one) => files.has(below(each, one.name)) && (name === undefined || fits(one.kind, name)));
    if (!lock) continue;
    const kind = lock.kind === 'yarn' && isBerry(each, files, scan.texts, version) ? 'berry' : lock.kind;
    return { kind, folder: each, lock: below(each, lock.name), ...(version !== undefined && { version }) };
  }
  const kind =
    name === 'yarn' ? (isBerry(folder, files, scan.texts, version) ? 'berry' : 'yarn') : (name as 'npm' | 'pnpm');
  return {
    kind: name === undefined ? 'npm' : kind,
    folder: above.at(-1) ?? folder,
    ...(version !== undefined && { version }),
  };
}

/** The words that install what a lock says, or without one what package.json says. `lean`: not what is for development. */
export function installWords({ kind, lock }: Manager, lean = false): readonly [string, ...string[]] {
  const only = (flag: string): readonly string[] => (lean ? [flag] : []);
  switch (kind) {
    case 'npm':
      return ['npm', lock === undefined ? 'install' : 'ci', ...only('--omit=dev')];
    case 'pnpm':
      return ['pnpm', 'install', ...(lock === undefined ? [] : ['--frozen-lockfile']), ...only('--prod')];
    case 'yarn':
      return ['yarn', 'install', ...(lock === undefined ? [] : ['--frozen-lockfile']), ...only('--production=true')];
    case 'berry':
      // It knows no such flag.
      return ['yarn', 'install', ...(lock === undefined ? [] : ['--immutable'])];
  }
}

/** The words that run a script of package.json, with the programs of further packages within its reach. */
export function scriptWords(
  { kind }: Manager,
  script: string,
  further: readonly string[] = [],
): readonly [string, ...string[]] {
  const plain = [kind === 'berry' ? 'yarn' : kind, 'run', script] as const;
  if (further.length === 0) return plain;
  return ['npx', '--yes', ...further.flatMap((name) => ['--package', name]), ...plain];
}

/** The packages that a command installs for a whole image, beside the managers of packages themselves. */
export function globalPackages(words: readonly string[]): readonly string[] {
  const [program = '', first = '', ...rest] = words;
  const asked =
    program === 'npm' && /^(?:i|install|add)$/.test(first) && rest.some((word) => /^(?:-g|--global)$/.test(word))
      ? rest
      : program === 'npm' && /^(?:-g|--global)$/.test(first) && /^(?:i|install|add)$/.test(rest[0] ?? '')
        ? rest.slice(1)
        : /^(?:yarn|pnpm)$/.test(program) && first === 'global' && rest[0] === 'add'
          ? rest.slice(1)
          : [];
  const name = /^(?:@[\w.-]+\/)?[\w.-]+(?:@[\w.^~-]+)?$/;
  return asked.filter((word) => name.test(word) && !word.startsWith('-') && !managers.test(word));
}

const managers = /^(?:npm|npx|yarn|pnpm|bun|n|corepack|node)(?:@|$)/;

function fits(kind: ManagerKind, name: string): boolean {
  return kind === name || (kind === 'berry' && name === 'yarn');
}

function isWorkspace(folder: string, files: ReadonlySet<string>, packages: readonly NodePackage[]): boolean {
  return (
    files.has(below(folder, 'pnpm-workspace.yaml')) || packages.some((one) => one.folder === folder && one.workspaces)
  );
}

function isBerry(
  folder: string,
  files: ReadonlySet<string>,
  texts: Readonly<Record<string, string>>,
  version: string | undefined,
): boolean {
  if (version !== undefined) return !version.startsWith('1.');
  return files.has(below(folder, '.yarnrc.yml')) || texts[below(folder, '.yarnrc.yml')] !== undefined;
}
