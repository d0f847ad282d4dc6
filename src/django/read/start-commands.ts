import type { Evidence } from '../facts.ts';
import { composePrograms } from './compose.ts';
import { type Dockerfile, fileInImage, findDockerfile, listForm } from './dockerfile.ts';
import { baseName } from './paths.ts';
import { plainCommand, readProcfile } from './procfile.ts';
import type { ProjectScan } from './scan.ts';
import { shellCommands } from './shell-script.ts';
import { entriesOf, member, readYaml, textOf } from './yaml.ts';

/** A command that the project's own deployment runs before its server begins. */
export type StartCommand = {
  /** As it is written, without what only wraps it. */
  readonly text: string;
  /** Empty where only a shell can tell them. */
  readonly words: readonly string[];
  /** It runs only where something holds that nobody knows here. */
  readonly conditional: boolean;
  /** What follows does not wait for its end. */
  readonly background: boolean;
  /** Its failure is passed over. */
  readonly tolerated: boolean;
  readonly because: Evidence;
};

/** Programs with which a container or a dyno serves, or works on a queue: what is written behind one is not reached. */
const serving =
  /^(?:gunicorn|uvicorn|daphne|hypercorn|uwsgi|waitress-serve|granian|celery|supervisord|circusd|honcho)$/;
const servingCommand =
  /^(?:runserver|runserver_plus|rundaphne|run_gunicorn|runmodwsgi|rqworker|qcluster|run_huey|process_tasks|db_worker|rundramatiq)$/;

/** Deeper than any script calls others. */
const deepest = 4;

type Reading = { readonly scan: ProjectScan; readonly dockerfile: Dockerfile | undefined };

/**
 * What a Procfile's `release` and `web`, files of platforms, a Compose file and a Dockerfile's ENTRYPOINT and CMD run before the server begins, in
 * that order, with what the scripts do that they name. The same command counts where it is met first.
 */
export function findStartCommands(scan: ProjectScan): readonly StartCommand[] {
  const reading = { scan, dockerfile: findDockerfile(scan) };
  const found = [...procfile(reading), ...platforms(reading), ...containers(reading)];
  return found.filter(
    (one, index) =>
      found.findIndex((other) => other.words.join(' ') === one.words.join(' ')) === index || one.words.length === 0,
  );
}

/** The words behind manage.py, django-admin or `python -m django`: the management command and its arguments; undefined for anything else. */
export function managementWords(words: readonly string[]): readonly [string, ...string[]] | undefined {
  const at = words.findIndex(
    (word, index) =>
      /(?:^|\/)(?:manage\.py|django-admin(?:\.py)?)$/.test(word) || (word === 'django' && words[index - 1] === '-m'),
  );
  const [name, ...rest] = at < 0 || at > 3 ? [] : words.slice(at + 1);
  return name === undefined || name.startsWith('-') ? undefined : [name, ...rest];
}

function procfile(reading: Reading): readonly StartCommand[] {
  const file = Object.keys(reading.scan.texts).find((each) => each === 'Procfile');
  const lines = file === undefined ? [] : readProcfile(reading.scan.texts[file] ?? '');
  return ['release', 'web'].flatMap((name) =>
    lines
      .filter((line) => line.name === name)
      .flatMap(({ command, line }) => [
        ...ofText(command, { file: 'Procfile', line, says: `${name} in Procfile` }, reading),
      ]),
  );
}

/** Files of platforms, and the keys with which they name what is run before the server and with it, in that order. */
const platformKeys: readonly (readonly [file: string, key: RegExp])[] = [
  ['fly.toml', /^\s*release_command\s*=\s*(["'])(.+)\1\s*$/],
  ['nixpacks.toml', /^\s*cmd\s*=\s*(["'])(.+)\1\s*$/],
];

function platforms(reading: Reading): readonly StartCommand[] {
  const lines = platformKeys.flatMap(([file, key]) =>
    (reading.scan.texts[file] ?? '').split('\n').flatMap((text, index) => {
      const command = key.exec(text)?.[2];
      return command === undefined ? [] : ofText(command, { file, line: index + 1, says: file }, reading);
    }),
  );
  return [...lines, ...render(reading)];
}

/** What the web services of https://render.com/docs/blueprint-spec run, in this order. */
function render(reading: Reading): readonly StartCommand[] {
  const file = 'render.yaml';
  const read = readYaml(reading.scan.texts[file] ?? '');
  return (read.kind === 'read' ? read.documents : [])
    .flatMap((document) => entriesOf(member(document, 'services')))
    .filter(([, service]) => (textOf(member(service, 'type')) ?? 'web') === 'web')
    .flatMap(([, service]) =>
      ['buildCommand', 'preDeployCommand', 'startCommand'].flatMap((key) => {
        const value = member(service, key);
        return value?.kind === 'text' ? ofText(value.text, { file, line: value.start, says: file }, reading) : [];
      }),
    );
}

/** Of the services in a Compose file the first that serves or migrates; what it does not say is its image's. */
function containers(reading: Reading): readonly StartCommand[] {
  const image = (reading.dockerfile?.instructions ?? []).filter(({ word }) => /^(?:ENTRYPOINT|CMD)$/.test(word));
  const last = (word: string): readonly Step[] => {
    const one = image.findLast((each) => each.word === word);
    const file = reading.dockerfile?.file ?? '';
    return one ? [{ text: one.rest, words: listForm(one.rest), place: { file, line: one.line, says: file } }] : [];
  };
  const programs = composePrograms(reading.scan);
  const chains = [...new Set(programs.map(({ service }) => service))].map((service) => {
    const said = (key: string): readonly Step[] =>
      programs
        .filter((one) => one.service === service && one.key === key)
        .map(({ text, words, file, start }) => ({ text, words, place: { file, line: start, says: file } }));
    const entrypoint = said('entrypoint');
    const command = said('command');
    return [
      ...(entrypoint.length > 0 ? entrypoint : last('ENTRYPOINT')),
      ...(command.length > 0 ? command : entrypoint.length > 0 ? [] : last('CMD')),
    ];
  });
  const read = (steps: readonly Step[]): Chain => chainOf(steps, reading);
  const served = chains.map(read).find(({ web }) => web);
  return (served ?? read([...last('ENTRYPOINT'), ...last('CMD')])).commands;
}

type Place = { readonly file: string; readonly line: number; readonly says: string };
type Step = { readonly text: string; readonly words: readonly string[] | undefined; readonly place: Place };
type Chain = { readonly commands: readonly StartCommand[]; readonly web: boolean };

function chainOf(steps: readonly Step[], reading: Reading): Chain {
  const walker = new Walker(reading);
  for (const [index, { text, words, place }] of steps.entries()) {
    // An ENTRYPOINT is given what follows it.
    walker.next = firstWord(steps[index + 1]);
    if (words) walker.words(words, place, { conditional: false, background: false, tolerated: false }, 0);
    else walker.text(text, place, false, 0);
  }
  const { found, last } = walker;
  // What a container ends with is what it lives on.
  const commands = last === undefined ? found : [...found.slice(0, -1), { ...last, background: true }];
  return { commands, web: walker.web };
}

function firstWord(step: Step | undefined): string | undefined {
  return step && (step.words?.[0] ?? /^\S+/.exec(step.text.trim())?.[0]);
}

function ofText(text: string, place: Place, reading: Reading): readonly StartCommand[] {
  const walker = new Walker(reading);
  walker.text(text, place, false, 0);
  return walker.found;
}

/** `sh -c "…"`: what stands in the quotes is a shell's text again. */
const shellsText = /^(?:exec\s+)?(?:\S*\/)?(?:ba|da|a)?sh\s+-[a-z]*c\s+(["'])([\s\S]*)\1$/;

type Manner = Pick<StartCommand, 'conditional' | 'background' | 'tolerated'>;

/** Follows commands into the scripts that they name, up to the server. */
class Walker {
  readonly found: StartCommand[] = [];
  /** Whether a web server was met, or something that is only done for one. */
  web = false;
  /** The last command of all, where it is one of those found. */
  last: StartCommand | undefined;
  /** What a script of this step is given where its own line gives it nothing. */
  next: string | undefined;
  readonly #reading: Reading;
  #served = false;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  text(text: string, place: Place, conditional: boolean, depth: number, first?: string): void {
    for (const each of shellCommands(text, first)) {
      const where = { ...place, line: place.line + each.line - 1 };
      const manner = { ...each, conditional: conditional || each.conditional };
      const inner = shellsText.exec(each.text)?.[2];
      if (inner !== undefined) {
        this.text(inner, where, manner.conditional, depth);
        continue;
      }
      const words = plainCommand(each.text);
      if (words.length > 0) this.words(words, where, manner, depth);
      else if (/(?:^|[\s/])(?:manage\.py|django-admin)\s/.test(each.text)) this.#add([], each.text, where, manner);
      else this.#server(each.text.split(/\s+/), manner);
    }
  }

  words(words: readonly string[], place: Place, manner: Manner, depth: number): void {
    if (this.#served) return;
    const shell = words.findIndex((word) => /^(?:.*\/)?(?:ba|da|a)?sh$/.test(word));
    const inline = shell >= 0 && /^-[a-z]*c$/.test(words[shell + 1] ?? '') ? words[shell + 2] : undefined;
    const script = inline === undefined && depth < deepest ? this.#script(words) : undefined;
    if (inline !== undefined) this.text(inline, place, manner.conditional, depth);
    else if (script)
      this.text(
        script.text,
        { file: script.file, line: 1, says: script.file },
        manner.conditional,
        depth + 1,
        script.first ?? (depth === 0 ? this.next : undefined),
      );
    else {
      const management = managementWords(words);
      if (management && !servingCommand.test(management[0])) {
        if (/^(?:migrate|collectstatic)$/.test(management[0])) this.web = true;
        this.#add(words, words.join(' '), place, manner);
      } else this.#server(words, manner);
    }
  }

  /** What a command's first words name, where that is a script for a shell in the project: `/entrypoint.sh`, `tini -- ./start`, `bash run.sh`. */
  #script(
    words: readonly string[],
  ): { readonly file: string; readonly text: string; readonly first?: string | undefined } | undefined {
    const { scan, dockerfile } = this.#reading;
    const scripts = Object.keys(scan.texts).filter((file) => isScript(file, scan.texts[file] ?? ''));
    for (const [index, word] of words.slice(0, 4).entries()) {
      if (/^(?:python[\d.]*|.*\.py|gunicorn)$/.test(word)) return undefined;
      const file = /[./]/.test(word) && word !== '.' ? fileInImage(word, dockerfile, scripts) : undefined;
      if (file !== undefined) return { file, text: scan.texts[file] ?? '', first: words[index + 1] };
    }
    return undefined;
  }

  #server(words: readonly string[], manner: Manner): void {
    if (!this.#served) this.last = undefined;
    const names = words.map((word) => baseName(word.replaceAll(/["']/g, '')));
    const command = managementWords(words)?.[0] ?? '';
    if (!names.slice(0, 4).some((name) => serving.test(name)) && !servingCommand.test(command)) return;
    if (
      names.some((name) => /^(?:gunicorn|uvicorn|daphne|hypercorn|uwsgi|granian|waitress-serve)$/.test(name)) ||
      command.startsWith('run')
    )
      this.web = true;
    if (!manner.conditional && !manner.background) this.#served = true;
  }

  #add(words: readonly string[], text: string, { file, line, says }: Place, manner: Manner): void {
    const { conditional, background, tolerated } = manner;
    const because = { says: `${says}:${line}`, where: { file, line } };
    this.last = { words, text, conditional, background, tolerated, because };
    this.found.push(this.last);
  }
}

/** By its first line, or its name. */
function isScript(file: string, text: string): boolean {
  return /^#!.*\b(?:ba|da|a|z)?sh\b/.test(text) || file.endsWith('.sh');
}
