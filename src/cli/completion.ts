import type { AnyCommand, Completes, OptionSpec } from './command.ts';

/** A word that fits, and what it is. */
export type Candidate = { readonly word: string; readonly about: string };

/** What fits at a place: words, or any path (the shell knows those best). */
export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'path' };

/** What only the daemon knows; empty where it does not run. */
export type Lookup = {
  sites(): Promise<readonly Candidate[]>;
  services(site: string): Promise<readonly Candidate[]>;
};

const nothing: Completion = { kind: 'words', candidates: [] };

/** Completes the last of `words`, which are those after the program's name; the last may be ''. */
export async function complete(
  words: readonly string[],
  commands: readonly AnyCommand[],
  lookup: Lookup,
): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command =
    commands.find((each) => each.name === before.slice(0, 2).join(' ')) ??
    commands.find((each) => each.name === before[0]);
  const found = command
    ? await completeFor(command, before.slice(command.name.split(' ').length), current, lookup)
    : commandNames(commands, before);
  return found.kind === 'path'
    ? found
    : { kind: 'words', candidates: found.candidates.filter((candidate) => candidate.word.startsWith(current)) };
}

function commandNames(commands: readonly AnyCommand[], before: readonly string[]): Completion {
  const names = new Map<string, string>();
  for (const { name, about, hidden } of commands) {
    const parts = name.split(' ');
    const part = parts[before.length];
    if (hidden === true || part === undefined || before.some((word, index) => word !== parts[index])) continue;
    if (!names.has(part)) names.set(part, parts.length > before.length + 1 ? `${part} ...` : about);
  }
  return { kind: 'words', candidates: [...names].map(([word, about]) => ({ word, about })) };
}

async function completeFor(
  command: AnyCommand,
  before: readonly string[],
  current: string,
  lookup: Lookup,
): Promise<Completion> {
  const { positional, pending, ended } = walk(command, before);
  if (pending) return valuesOf(pending.kind === 'flag' ? undefined : pending.completes, positional, lookup);
  // What comes after the site of `run` is Django's.
  const passing = command.passThrough === true && positional.length > 0;
  if (current.startsWith('-') && !ended && !passing) return { kind: 'words', candidates: optionNames(command, before) };
  const specs = Object.values(command.arguments);
  const spec = specs[positional.length] ?? (specs.at(-1)?.presence === 'many' ? specs.at(-1) : undefined);
  return valuesOf(spec?.completes, positional, lookup);
}

/** What the words before the current one were: arguments, and perhaps an option that still wants its value. */
function walk(
  command: AnyCommand,
  before: readonly string[],
): { readonly positional: readonly string[]; readonly pending: OptionSpec | undefined; readonly ended: boolean } {
  const positional: string[] = [];
  let pending: OptionSpec | undefined;
  let ended = false;
  for (const word of before) {
    if (pending) {
      pending = undefined;
    } else if (word === '--' && !ended) {
      ended = true;
    } else if (word.startsWith('-') && !ended) {
      const option = Object.entries(command.options).find(
        ([name, spec]) => word === `--${name}` || word === `-${spec.short}`,
      )?.[1];
      if (option && option.kind !== 'flag') pending = option;
    } else {
      positional.push(word);
    }
  }
  return { positional, pending, ended };
}

function optionNames(command: AnyCommand, before: readonly string[]): readonly Candidate[] {
  const all = Object.entries(command.options).map(([name, spec]) => ({
    word: `--${name}`,
    about: spec.about,
    again: spec.kind === 'texts',
  }));
  const common = [
    { word: '--json', about: 'print JSON for programs', again: false },
    { word: '--help', about: 'show help', again: false },
  ];
  return [...all, ...common]
    .filter(({ word, again }) => again || !before.includes(word))
    .map(({ word, about }) => ({ word, about }));
}

async function valuesOf(
  completes: Completes | undefined,
  positional: readonly string[],
  lookup: Lookup,
): Promise<Completion> {
  if (completes === undefined) return nothing;
  if (completes === 'path') return { kind: 'path' };
  if (completes === 'site') return { kind: 'words', candidates: await lookup.sites() };
  if (completes === 'service') return { kind: 'words', candidates: await lookup.services(positional[0] ?? '') };
  return { kind: 'words', candidates: completes.map((word) => ({ word, about: '' })) };
}
