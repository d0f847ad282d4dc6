import { joinCommand } from '../../config/command-line.ts';
import type { Evidence, Fact, ReleaseCommand } from '../facts.ts';
import { isAside } from './paths.ts';
import { plainCommand, readProcfile } from './procfile.ts';
import type { ProjectScan } from './scan.ts';
import { preparesStatic } from './static-commands.ts';
import { findStartCommands, managementWords, type StartCommand } from './start-commands.ts';

/** What each release has done anyway, at its place: steps of the build, or the gate. */
const done =
  /^(?:migrate|collectstatic|check|compilemessages|createcachetable|compress|compilescss|makemigrations|showmigrations|diffsettings|help|version|findstatic)$/;

/** What only a person decides: it makes accounts, empties tables, or runs whatever it is given. */
const personal: Readonly<Record<string, string>> = {
  createsuperuser: 'it makes an account',
  changepassword: 'it changes an account',
  flush: 'it empties the database',
  sqlflush: 'it is for a person to read',
  reset_db: 'it removes the database',
  dbshell: 'it is for a person',
  shell: 'it runs whatever it is given',
  shell_plus: 'it runs whatever it is given',
  test: 'it is for developers',
  testserver: 'it is for developers',
  dumpdata: 'its output would go nowhere',
  squashmigrations: 'it is for developers',
  startapp: 'it is for developers',
};

/** What is to be run with each release, and what is not, each with its evidence and the reason. */
export type ReleaseCommands = {
  readonly run: readonly Fact<ReleaseCommand>[];
  readonly leftOut: readonly Fact<ReleaseCommand & { readonly why: string }>[];
};

/**
 * The commands of what starts a project in its own deployment that a release needs beside what it does anyway. What loads fixtures of
 * the project, and the project's own management commands, run with each release, as they would at each start of a container; what
 * makes accounts, empties tables, depends on a condition, or is nobody's that is known here, is the owner's to decide.
 */
export function findReleaseCommands(scan: ProjectScan): ReleaseCommands {
  const run: Fact<ReleaseCommand>[] = [];
  const leftOut: Fact<ReleaseCommand & { readonly why: string }>[] = [];
  for (const command of findStartCommands(scan)) {
    const [name, ...rest] = managementWords(command.words) ?? [];
    if (name !== undefined && done.test(name)) continue;
    const words = name === undefined ? command.words : ['python', 'manage.py', name, ...rest];
    const value = { words, ...(command.tolerated && { tolerated: true as const }) };
    const why = reasonAgainst(command, name, rest, scan);
    if (why === undefined) run.push({ value, because: command.because });
    else leftOut.push({ value: { words: words.length > 0 ? words : [command.text], why }, because: command.because });
  }
  return { run: [...run, ...otherPrograms(scan)], leftOut };
}

function reasonAgainst(
  command: StartCommand,
  name: string | undefined,
  rest: readonly string[],
  scan: ProjectScan,
): string | undefined {
  if (name === undefined) return 'only a shell can tell what it is given';
  const personally = personal[name];
  if (personally !== undefined) return personally;
  if (command.background) return 'it runs beside the server, as a worker does';
  if (command.conditional) return 'the project runs it under a condition';
  // In a Procfile's `release` a project says what each release is to run, whoever's command it is.
  if (command.because.where?.file === 'Procfile') return undefined;
  if (name === 'loaddata') {
    const missing = rest.filter((label) => !label.startsWith('-')).find((label) => !isFixture(label, scan.files));
    return missing === undefined ? undefined : `${missing} is not among the project's fixtures`;
  }
  const own = scan.files.some(
    (file) => file.endsWith(`/management/commands/${name}.py`) && !isAside(file.replace(/\/[^/]+$/, '')),
  );
  return own ? undefined : "it is not one of the project's own commands";
}

/** Whether a label of `loaddata` names a file of the project: a path, or a name in some `fixtures` folder. */
function isFixture(label: string, files: readonly string[]): boolean {
  const plain = label.replace(/^(?:\.?\/)+/, '');
  const ending = /\.(?:json|jsonl|xml|ya?ml)(?:\.(?:gz|zip|bz2|lzma|xz))?$/;
  return files.some((file) => {
    if (!ending.test(file)) return false;
    const names = [file, file.replace(ending, '')];
    return names.some((name) => name === plain || name.endsWith(`/${plain}`) || `/${plain}`.endsWith(`/${name}`));
  });
}

/** Parts of a Procfile's `release:` that are no management commands and need no shell: `python scripts/seed.py`, `./release.sh` that is no script for a shell. */
function otherPrograms(scan: ProjectScan): readonly Fact<ReleaseCommand>[] {
  const line = readProcfile(scan.texts['Procfile'] ?? '').find(({ name }) => name === 'release');
  if (!line) return [];
  const known = new Set(findStartCommands(scan).map(({ because }) => because.where?.file));
  const because: Evidence = { says: `release in Procfile:${line.line}`, where: { file: 'Procfile', line: line.line } };
  return line.command.split(/\s*(?:&&|;)\s*/).flatMap((part) => {
    const words = plainCommand(part);
    const readAlready = words.some((word) => known.has(word.replace(/^\.\//, '')));
    return words.length === 0 || managementWords(words) || readAlready ? [] : [{ value: { words }, because }];
  });
}

/** For the owner: what is run, what is not, and the line of config that decides otherwise. */
export function releaseNotes({ run, leftOut }: ReleaseCommands): readonly Evidence[] {
  const told = (words: readonly string[]): string => joinCommand(managementWords(words) ?? words);
  if (run.length + leftOut.length === 0) return [];
  const list = run.map(({ value }) => JSON.stringify(joinCommand(value.words))).join(', ');
  return [
    ...run.map(({ value, because }) => ({
      ...because,
      says: `${because.says} runs \`${told(value.words)}\`: so does each release, ${preparesStatic(value.words) ? 'before its static files are collected' : 'after its migrations'}${managementWords(value.words)?.[0] === 'loaddata' ? ', each file once, and no row that is there is changed' : ''}`,
    })),
    ...leftOut.map(({ value, because }) => ({
      ...because,
      says: `${because.says} runs \`${told(value.words)}\`: no release does, since ${value.why}`,
    })),
    {
      says: `what each release runs of that is yours to say, at the top of roadie.toml: \`release.commands = [${list}]\`, with what is to be added (\`[]\`: nothing)`,
    },
  ];
}
