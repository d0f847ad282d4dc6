import { posix } from 'node:path';

import { splitCommand } from '../../config/command-line.ts';
import type { Evidence, Fact } from '../facts.ts';
import { baseName, folderOf, isAside } from '../read/paths.ts';
import { readProcfile } from '../read/procfile.ts';
import type { ProjectScan } from '../read/scan.ts';
import { type DockerRun, dockerRuns } from './dockerfile.ts';
import { forProduction, ownProgram } from './own-programs.ts';
import { globalPackages } from './manager.ts';
import { type NodePackage, upwards } from './packages.ts';
import { rangeOf } from './node-version.ts';

/**
 * Something of the project that says: this script is to be run, or this program with these words; with neither, that packages are to be
 * installed and no more.
 */
export type Call = {
  readonly folder: string;
  readonly script?: string;
  readonly words?: readonly [string, ...string[]];
  readonly because: Evidence;
  /** Only a document says so, and for whom is not known. */
  readonly weak: boolean;
  /** What the Dockerfile sets where it builds. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Packages, with versions or without, that the Dockerfile installs for the whole image: scripts may call their programs. */
  readonly globals?: readonly string[];
  /** The Dockerfile leaves out what package.json lists for development. */
  readonly lean?: true;
  /** The Node of the Dockerfile's image. */
  readonly node?: Fact<string>;
};

/** Scripts that build nothing. */
const noBuild =
  /^(test|lint|format|fmt|start|serve|dev|develop|watch|storybook|prepare|type|check|e2e|cypress|playwright|clean|audit|ci$|dev:|docs)|[:-](watch|dev|serve|lint|test)$/;

/** Programs that build, where they are called without a script. */
const builders =
  /^(vite|webpack|webpack-cli|rollup|parcel|esbuild|gulp|grunt|tailwindcss|@tailwindcss\/cli|postcss|sass|vue-cli-service|tsc)$/;

/** Words with which they go on running. */
const waits = /^(--watch|-w|watch|dev|serve|--serve|--version|--help)$/;

/** Everything in the project that calls for a build, the Dockerfile first: it is nearest to what runs on a server. */
export function findCalls(
  scan: Pick<ProjectScan, 'texts' | 'files'>,
  packages: readonly NodePackage[],
): readonly Call[] {
  const files = Object.keys(scan.texts).filter((file) => !isAside(file));
  return files
    .flatMap((file) => {
      const text = scan.texts[file] ?? '';
      const name = baseName(file).toLowerCase();
      if (/dockerfile/.test(name)) return fromDockerfile(file, text, packages, scan.files);
      if (name === 'procfile') return fromLines(file, procfileText(text), packages, false);
      if (name === 'app.json') return fromAppJson(file, text, packages);
      if (/^(render\.yaml|nixpacks\.toml|heroku\.yml)$/.test(name)) return fromLines(file, text, packages, false);
      return /^(readme|install|makefile|contributing|development)/.test(name) && folderOf(file) === '.'
        ? fromLines(file, text, packages, true)
        : [];
    })
    .toSorted((one, other) => rank(one) - rank(other));
}

/** The Dockerfile is nearest to what runs on a server, and of several the one for production. */
function rank({ weak, because }: Call): number {
  const file = because.where?.file ?? '';
  if (weak) return 3;
  return !/dockerfile/i.test(file) ? 2 : /(^|[./_-])(prod|prd|production)([./_-]|$)/i.test(file) ? 0 : 1;
}

/** Images that are for a developer's machine, and those that serve a front end without Django, say nothing about a release. */
function fromDockerfile(
  file: string,
  text: string,
  packages: readonly NodePackage[],
  files: readonly string[],
): readonly Call[] {
  if (/(^|[./_-])(local|dev|devel|development|devcontainer|test|ci|docs)([./_-]|$)/i.test(file)) return [];
  if (!/\b(python|manage\.py|gunicorn|uvicorn|django|uv|pip)\b/i.test(text)) return [];
  const runs = dockerRuns(text);
  const globals = [
    ...new Set(runs.flatMap(({ command }) => segments(command).flatMap(({ words }) => globalPackages(words)))),
  ];
  const installs = runs.flatMap(({ command }) =>
    segments(command).flatMap(({ words: [program = '', ...rest] }) => (installsAll(program, rest) ? [rest] : [])),
  );
  const lean = installs.length > 0 && installs.every(isLean);
  return runs.flatMap((run) =>
    segments(forProduction(run.command)).flatMap(({ words, folder }) => {
      const sources = (at: string): readonly string[] =>
        sourcesOf(run, at).flatMap((one) => [one, posix.join(folderOf(file), one)]);
      const own = ownProgram(run, words, sources, files);
      const asked = own ? { folder: '.', words: own } : readCall(words);
      // What is installed elsewhere than in the image that runs is for what is built there.
      if (!asked || (isInstall(asked) && !run.shipped)) return [];
      const at = posix.resolve(run.folder, folder, asked.folder);
      const pack = among(packages, asked, sources(at));
      // Its paths are meant from where it runs.
      if (!pack || (own && !sources(at).some((one) => posix.normalize(one).replace(/\/$/, '') === pack.folder)))
        return [];
      const version = rangeOf(/(?:^|\/)node:(\d+(?:\.\d+)*)/.exec(run.image)?.[1]);
      const where = { file, line: run.line };
      const node =
        version === undefined
          ? undefined
          : { value: version, because: { says: `${file} builds in ${run.image}`, where: { file } } };
      return [
        {
          ...asked,
          folder: pack.folder,
          because: { says: `${file}:${run.line}`, where },
          weak: false,
          variables: run.variables,
          ...(globals.length > 0 && { globals }),
          ...(lean && { lean: true as const }),
          ...(node && { node }),
        },
      ];
    }),
  );
}

/** Folders of the project that may lie at a path of the image, the likeliest first. */
function sourcesOf({ copies }: DockerRun, at: string): readonly string[] {
  return copies.flatMap(({ from, to }) => {
    if (at !== to && !at.startsWith(to === '/' ? '/' : `${to}/`)) return [];
    return [posix.join(from, posix.relative(to, at))];
  });
}

function fromAppJson(file: string, text: string, packages: readonly NodePackage[]): readonly Call[] {
  const lines = text.split('\n');
  const line = lines.findIndex((one) => /heroku\/(heroku-buildpack-)?nodejs/.test(one)) + 1;
  const pack = packages.find((one) => one.folder === folderOf(file));
  const script = ['heroku-postbuild', 'build'].find((name) => pack?.scripts[name] !== undefined);
  const where = { file, line };
  const buildpack: readonly Call[] =
    line === 0 || !pack || script === undefined
      ? []
      : [{ folder: pack.folder, script, because: { says: `${file}:${line}`, where }, weak: false }];
  return [...buildpack, ...fromLines(file, text, packages, false)];
}

/** Texts in which commands stand, one a line, in whatever surroundings. */
function fromLines(file: string, text: string, packages: readonly NodePackage[], weak: boolean): readonly Call[] {
  return text.split('\n').flatMap((raw, index) => {
    if (!/\b(npm|yarn|pnpm|bun)\b/.test(raw)) return [];
    const line = raw.replaceAll(/[`"'$>]|^\s*[-*\d.]+\s/g, ' ').replace(/^.*?:\s+(?=.*\b(?:npm|yarn|pnpm|bun)\b)/, '');
    return segments(line.slice(line.search(/\b(cd|npm|yarn|pnpm|bun)\b/))).flatMap(({ words, folder }) => {
      const asked = readCall(words);
      if (!asked || (weak && !/build|prod|compile|bundle/.test(asked.script ?? ''))) return [];
      const at = posix.join(folderOf(file), folder, asked.folder);
      const pack = among(packages, asked, [at]);
      const where = { file, line: index + 1 };
      return pack ? [{ ...asked, folder: pack.folder, because: { says: `${file}:${index + 1}`, where }, weak }] : [];
    });
  });
}

/** The package that is meant: at one of some folders, else the only one that has the script. */
function among(packages: readonly NodePackage[], asked: Asked, folders: readonly string[]): NodePackage | undefined {
  const having = packages.filter((one) => asked.script === undefined || one.scripts[asked.script] !== undefined);
  const meant = folders
    .flatMap((folder) => (folder.startsWith('..') ? [] : upwards(posix.normalize(folder).replace(/\/$/, ''))))
    .map((folder) => having.find((one) => one.folder === folder))
    .find((one) => one !== undefined);
  return meant ?? (having.length === 1 ? having[0] : undefined);
}

type Asked = { readonly folder: string; readonly script?: string; readonly words?: readonly [string, ...string[]] };

/** Whether a call is for the packages alone. */
export function isInstall(call: Pick<Call, 'script' | 'words'>): boolean {
  return call.script === undefined && call.words === undefined;
}

/** What a command asks of a manager of packages; undefined where it builds nothing. */
function readCall(words: readonly string[]): Asked | undefined {
  const [program = '', ...rest] = words;
  const itsPackage = /node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//.exec(rest[0] ?? '')?.[1];
  const bundler = program === 'node' ? (itsPackage ?? '') : program.replace(/^.*node_modules\/\.bin\//, '');
  if (builders.test(bundler) && !rest.some((word) => waits.test(word)))
    return { folder: '.', words: program === 'node' ? ['node', ...rest] : ['npx', bundler, ...rest] };
  if (!/^(npm|yarn|pnpm|bun|npx|pnpx|bunx)$/.test(program)) return undefined;
  let folder = '.';
  const plain: string[] = [];
  for (let index = 0; index < rest.length; index += 1) {
    const [flag = '', value] = (rest[index] ?? '').split('=', 2);
    if (/^(--prefix|--cwd|--dir|-C)$/.test(flag)) folder = value ?? rest[(index += 1)] ?? '.';
    else if (plain.length > 0 || !flag.startsWith('-')) plain.push(rest[index] ?? '');
  }
  const [first = '', ...more] = plain;
  const executed = /^(npx|pnpx|bunx)$/.test(program) ? plain : first === 'exec' || first === 'dlx' ? more : undefined;
  if (executed) {
    const builder = executed.find((word) => !word.startsWith('-')) ?? '';
    return builders.test(builder) && !executed.some((word) => waits.test(word))
      ? { folder, words: ['npx', ...executed] }
      : undefined;
  }
  if (installsAll(program, rest)) return { folder };
  const script = /^(run|run-script)$/.test(first)
    ? more.find((word) => !word.startsWith('-'))
    : /^(yarn|pnpm)$/.test(program)
      ? first
      : undefined;
  if (script === undefined || script === '' || noBuild.test(script)) return undefined;
  return { folder, script };
}

/** Whether a manager of packages installs what package.json lists, and not further packages or some for the whole machine. */
function installsAll(program: string, words: readonly string[]): boolean {
  const at = words.findIndex((word) => /^(ci|clean-install|i|install)$/.test(word));
  const names = words.filter((word, index) => index > at && !/^-|^\.{0,2}\/?$/.test(word));
  return (
    /^(npm|yarn|pnpm|bun)$/.test(program) &&
    !words.some((word) => /^(-g|--global|--location.*)$/.test(word)) &&
    (at >= 0 ? names.length === 0 : program === 'yarn' && words.every((word) => word.startsWith('-')))
  );
}

function isLean(words: readonly string[]): boolean {
  return /(^| )(--production(=true)?|--omit[= ]dev|--only=prod(uction)?|-P|--prod)( |$)/.test(words.join(' '));
}

/** The commands of a shell's line, each with the folder that `cd` has led to. */
function segments(line: string): readonly { readonly words: readonly string[]; readonly folder: string }[] {
  let folder = '.';
  return line.split(/&&|\|\||[;|()]/).flatMap((part) => {
    const split = splitCommand(part.trim());
    if (!split.ok) return [];
    const begins = split.value.findIndex(
      (word) => !/^[A-Za-z_]\w*=/.test(word) && !/^(RUN|set|-[a-z]+|exec|sudo|corepack|env)$/.test(word),
    );
    const words = begins < 0 ? [] : split.value.slice(begins);
    if (words[0] === 'cd' && words[1] !== undefined) {
      folder = posix.join(folder, words[1]);
      return [];
    }
    return words.length === 0 ? [] : [{ words, folder }];
  });
}

/** Only what a Procfile has run, without its names. */
function procfileText(text: string): string {
  const byLine = new Map(readProcfile(text).map(({ line, command }) => [line, command]));
  return text
    .split('\n')
    .map((_, index) => byLine.get(index + 1) ?? '')
    .join('\n');
}
