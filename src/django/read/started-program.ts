import { baseName } from './paths.ts';
import { unwrapped } from './procfile.ts';
import type { ProjectScan } from './scan.ts';
import { type ShellCommand, shellCommands } from './shell-script.ts';

/** Deeper than any script calls others. */
const deepest = 4;
/** What a script says and where it goes, which starts nothing. */
const aside = /^(?:>&2\s+)?(?:echo|printf|cd|set|export|source|\.|\[|\[\[|test|trap|sleep)\s/;

/** Stands in the words for what only a shell can tell. */
export const untold = '\u{E001}';

/**
 * The words of what a command starts in the end: of the last that a shell's text or a script of the project's runs, or of each of
 * those at its end of which a condition chooses one. Empty where that cannot be told.
 */
export function startedPrograms(
  command: string,
  scan: Pick<ProjectScan, 'texts'>,
  depth = 0,
): readonly (readonly string[])[] {
  if (depth > deepest) return [];
  const commands = shellCommands(command).filter(({ text }) => !aside.test(`${text} `));
  const last = commands.at(-1);
  if (last && (commands.length > 1 || last.conditional))
    return choices(commands).flatMap(({ text }) => startedPrograms(text, scan, depth + 1));
  const told = (last?.text ?? command).replaceAll(/\$\{\w+:-([^}$]*)\}/g, '$1');
  const words = unwrapped(told.replaceAll(/\$(?:\{[^{}]*\}|\([^()]*\)|[\w@*#?]+)/g, untold));
  if ('shell' in words) return startedPrograms(words.shell, scan, depth + 1);
  const script = scriptNamed(/^(?:\/(?:usr\/)?bin\/)?(?:ba)?sh$/.test(words[0] ?? '') ? words[1] : words[0], scan);
  if (script !== undefined) return startedPrograms(script, scan, depth + 1);
  return words.length === 0 || words[0]?.includes(untold) === true ? [] : [words];
}

/** The last command, with those before it that a condition chooses among as well. */
function choices(commands: readonly ShellCommand[]): readonly ShellCommand[] {
  const certain = commands.findLastIndex(({ conditional }) => !conditional);
  return certain === commands.length - 1 ? commands.slice(-1) : commands.slice(certain + 1);
}

/** The text of the script that a word names, wherever an image has it; undefined where it is none of the project's. */
function scriptNamed(word: string | undefined, { texts }: Pick<ProjectScan, 'texts'>): string | undefined {
  const path = word?.replace(/^\.\//, '') ?? '';
  if (path === '') return undefined;
  const [file] = Object.keys(texts)
    .filter((each) => /^#!.*\b(?:ba|da|a|z)?sh\b/.test(texts[each] ?? '') || /\.(?:ba)?sh$/.test(each))
    .filter((each) => `/${path}`.endsWith(`/${each}`) || each.endsWith(`/${path.replace(/^\//, '')}`))
    .toSorted((left, right) => Number(right === path) - Number(left === path) || left.length - right.length);
  return file === undefined || baseName(file) !== baseName(path) ? undefined : texts[file]?.replaceAll('\\\n', ' ');
}
