import { baseName } from './paths.ts';
import { plainCommand, unwrapped } from './procfile.ts';
import type { ProjectScan } from './scan.ts';
import { shellCommands } from './shell-script.ts';

/** Deeper than any script calls others. */
const deepest = 4;

/**
 * The words of what a command starts in the end: the last that a shell's text or a script of the project's runs whatever holds. Empty
 * where only a shell can tell them.
 */
export function startedProgram(command: string, scan: Pick<ProjectScan, 'texts'>, depth = 0): readonly string[] {
  if (depth > deepest) return [];
  const commands = shellCommands(command);
  const last = commands.at(-1);
  if (last && (commands.length > 1 || last.conditional))
    return last.conditional || last.background ? [] : startedProgram(last.text, scan, depth + 1);
  const words = unwrapped(command);
  if ('shell' in words) return startedProgram(words.shell, scan, depth + 1);
  const script = scriptNamed(/^(?:\/(?:usr\/)?bin\/)?(?:ba)?sh$/.test(words[0] ?? '') ? words[1] : words[0], scan);
  return script === undefined ? plainCommand(command) : startedProgram(script, scan, depth + 1);
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
