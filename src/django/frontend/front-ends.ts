import type { Config } from '../../config/config.ts';
import { splitCommand } from '../../config/command-line.ts';
import { failed, ok, type Result } from '../../problems/problem.ts';
import type { Fact, FrontEnd } from '../facts.ts';
import { below } from '../read/paths.ts';
import type { ProjectScan, SettingsScan } from '../read/scan.ts';
import { type Call, findCalls, isInstall } from './calls.ts';
import { findManager, installWords, scriptWords } from './manager.ts';
import { missingFiles, type Wanted } from './missing-files.ts';
import { findNode } from './node-version.ts';
import { isIn, type NodePackage, nodePackages } from './packages.ts';

/** Scripts that build for production, by the names that are usual; the first that a package has counts. */
const buildScripts = [
  'build',
  'heroku-postbuild',
  'build:prod',
  'build-prod',
  'build:production',
  'prod',
  'production',
  'bundle',
  'compile',
];

/** Variables of a Dockerfile that a build here has its own of. */
const ownVariables =
  /^(PATH|HOME|USER|SHELL|PWD|TMPDIR|LD_.*|PYTHON.*|VIRTUAL_ENV|DJANGO_.*|DEBIAN_FRONTEND|PIP_.*|UV_.*|.*_(UID|GID)|PNPM_HOME|(NPM_CONFIG_|YARN_)?CACHE.*)$/i;

/**
 * The front ends whose files Django serves and the project does not have: what the Dockerfile, the Procfile or app.json builds, what
 * the settings look for and nobody has committed, and last what only a document says. None where nothing calls for one, whatever a
 * package.json may hold. The config's `[frontend]` counts before all that. Problem: `config-bad-value`.
 */
export function findFrontEnds(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
  config: Config,
): Result<readonly Fact<FrontEnd>[]> {
  const packages = nodePackages(scan);
  const wishes = config.frontend ?? {};
  if (wishes.build === false) return ok([]);
  const calls = findCalls(scan, packages);
  if (wishes.folder !== undefined || wishes.build !== undefined || wishes.node !== undefined) {
    const chosen = configured(packages, calls, wishes);
    if (!chosen.ok) return chosen;
    return ok([describe(scan, packages, wishes, chosen.value, [])]);
  }
  const wanted = missingFiles(scan, root, settings, packages);
  const strong = calls.filter((call) => !call.weak && !isInstall(call));
  const found: Call[] = [...ofWanted(wanted, strong)];
  const folders = new Set(found.map(({ folder }) => folder));
  const more = [...strong, ...postbuilds(packages)].filter(({ folder }) => !folders.has(folder));
  // A document also tells how to build what is served elsewhere: only what lies with Django is meant for it.
  const near = (folder: string): boolean => folder === '.' || isIn(root, folder);
  const weak = found.length + more.length === 0 ? calls.filter((call) => call.weak && near(call.folder)) : [];
  const built = [...found, ...more, ...weak];
  return ok(
    grouped([...built, ...installs(calls, packages, built)]).map((each) =>
      describe(scan, packages, wishes, each, wanted),
    ),
  );
}

/** What the settings miss, by the words of the Dockerfile where it has some for the same package: it knows the script. */
function ofWanted(wanted: readonly Wanted[], strong: readonly Call[]): readonly Call[] {
  return wanted.flatMap(({ pack, says, where, nodeModules }) => {
    const said = strong.filter(({ folder }) => folder === pack.folder);
    if (said.length > 0) return said;
    const script = nodeModules ? undefined : buildScriptOf(pack);
    return [{ folder: pack.folder, because: { says, where }, weak: false, ...(script !== undefined && { script }) }];
  });
}

/** Packages that are installed where Django runs, by packages of which nothing is built: what they are is what is served. */
function installs(calls: readonly Call[], packages: readonly NodePackage[], built: readonly Call[]): readonly Call[] {
  return calls.filter(
    (call) =>
      !call.weak &&
      isInstall(call) &&
      !built.some(({ folder }) => folder === call.folder) &&
      packages.some(({ folder, needed }) => folder === call.folder && needed.length > 0),
  );
}

/** A script of that name is there for platforms that run it after each install. */
function postbuilds(packages: readonly NodePackage[]): readonly Call[] {
  const pack = packages.find(({ folder, scripts }) => folder === '.' && scripts['heroku-postbuild'] !== undefined);
  if (!pack) return [];
  const says = `its script heroku-postbuild in ${pack.file}`;
  return [{ folder: '.', script: 'heroku-postbuild', because: { says, where: { file: pack.file } }, weak: false }];
}

/** Calls of one package put together; each script once, in the order in which they are called. */
function grouped(calls: readonly Call[]): readonly (readonly [Call, ...Call[]])[] {
  const groups = new Map<string, [Call, ...Call[]]>();
  for (const call of calls) {
    const group = groups.get(call.folder);
    if (!group) groups.set(call.folder, [call]);
    // Several files that tell the same; the first is the one that counts.
    else if (call.because.where?.file === group[0].because.where?.file && !group.some((one) => sameCall(one, call)))
      group.push(call);
  }
  return [...groups.values()];
}

function sameCall(one: Call, other: Call): boolean {
  return one.script === other.script && one.words?.join(' ') === other.words?.join(' ');
}

type Wishes = NonNullable<Config['frontend']>;

/** What the owner names; the rest is found. */
function configured(
  packages: readonly NodePackage[],
  calls: readonly Call[],
  wishes: Wishes,
): Result<readonly [Call, ...Call[]]> {
  const asked =
    wishes.folder === undefined ? undefined : below(wishes.folder.replace(/\/+$/, ''), '.').replace(/\/$/, '');
  const call = calls.find((one) => !isInstall(one) && (asked === undefined || one.folder === asked));
  const pack =
    packages.find(({ folder }) => folder === (asked ?? call?.folder)) ??
    (asked === undefined ? (packages.find((one) => buildScriptOf(one) !== undefined) ?? packages[0]) : undefined);
  if (!pack)
    return failed({
      code: 'config-bad-value',
      summary: `[frontend] is in the config, and there is no ${below(asked ?? '.', 'package.json')}`,
      cure: ['Correct `folder` below [frontend]: the folder with package.json, relative to the project.'],
    });
  const because = { says: "[frontend] in Roadie's config" };
  if (typeof wishes.build === 'string') {
    const words = splitCommand(wishes.build);
    if (!words.ok) return words;
    const [first = 'npm', ...rest] = words.value;
    return ok([{ folder: pack.folder, words: [first, ...rest], because, weak: false }]);
  }
  if (call?.folder === pack.folder) return ok([{ ...call, weak: false }]);
  const script = buildScriptOf(pack);
  return ok([{ folder: pack.folder, because, weak: false, ...(script !== undefined && { script }) }]);
}

/** The script that builds a package, by its name. */
function buildScriptOf({ scripts }: NodePackage): string | undefined {
  return buildScripts.find((name) => scripts[name] !== undefined);
}

/** Those that the package itself does not ask for: of the others it has its own versions. */
function undeclared(globals: readonly string[], { dependencies }: NodePackage): readonly string[] {
  return globals.filter((one) => dependencies[one.replace(/(?<=.)@.*$/, '')] === undefined);
}

function describe(
  scan: ProjectScan,
  packages: readonly NodePackage[],
  wishes: Wishes,
  calls: readonly [Call, ...Call[]],
  wanted: readonly Wanted[],
): Fact<FrontEnd> {
  const [first] = calls;
  const pack = packages.find(({ folder }) => folder === first.folder);
  if (!pack) throw new Error('a call names a package of the project');
  const manager = findManager(scan, pack, packages);
  const image = calls.find(({ node }) => node !== undefined)?.node;
  const node: FrontEnd['node'] =
    wishes.node === undefined
      ? findNode(scan, pack, image, packages)
      : { value: wishes.node, because: { says: "frontend.node in Roadie's config" } };
  const named = wanted.flatMap((one) => (one.nodeModules && isIn(manager.folder, one.path) ? [one.path] : []));
  const kept =
    named.length === 0 && !first.weak && calls.every(isInstall) ? [below(pack.folder, 'node_modules')] : named;
  const variables = Object.entries(first.variables ?? {}).filter(([name]) => !ownVariables.test(name));
  return {
    value: {
      folder: pack.folder,
      manager,
      install: installWords(manager, first.lean === true),
      commands: calls.flatMap(({ script, words, globals = [] }) =>
        words ? [words] : script === undefined ? [] : [scriptWords(manager, script, undeclared(globals, pack))],
      ),
      node,
      ...(variables.length > 0 && { variables: Object.fromEntries(variables) }),
      ...(kept.length > 0 && { kept }),
      ...(first.weak && { optional: true as const }),
    },
    because: first.because,
  };
}
