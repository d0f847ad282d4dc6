import type { Evidence } from '../facts.ts';
import { parseRequirement, requirementLines } from './requirements-file.ts';

/** What a line of a requirements file says to the installer beside its requirement, in the form that every installer takes. */
type Told = {
  /** The line with what may stand in it: the requirement and its hashes. */
  readonly text: string;
  /** Lines of their own: `--no-binary NAME`. */
  readonly apart: readonly string[];
  /** For the build of that package: `NAME:KEY=VALUE`. */
  readonly settings: readonly string[];
  /** What no installer heeds any longer. */
  readonly ignored: readonly string[];
};

/** An option with its value, which may be quoted. */
const option =
  /\s--(no-binary|only-binary|config-settings?|global-option|install-option|build-option)(?:=|\s+)("[^"]*"|'[^']*'|\S+)/g;

/** Lines that pip took once. */
const former =
  /^\s*--(?:process-dependency-links|allow-(?:external|unverified)|allow-all-external|(?:no-)?use-wheel|always-unzip)\b/;

/**
 * Tells apart what a line says beside its requirement. pip passes over `--no-binary` beside one and uv refuses it; what is meant is
 * said on a line of its own. Options for `setup.py` are heeded by nobody since builds have interfaces (pip 23.1).
 */
function tellApart(line: string): Told {
  if (former.test(line)) return { text: '', apart: [], settings: [], ignored: [line.trim()] };
  const plain = line.replace(/(^|\s)#.*$/, '');
  const found = /^\s*-(?!e\b|-editable\b)/.test(plain) ? [] : [...plain.matchAll(option)];
  if (found.length === 0) return { text: line, apart: [], settings: [], ignored: [] };
  const text = plain.replaceAll(option, '').trimEnd();
  const name = parseRequirement(text.replace(/\\$/, '').trim())?.name;
  const apart: string[] = [];
  const settings: string[] = [];
  const ignored: string[] = [];
  for (const [whole, kind = '', quoted = ''] of found) {
    const value = quoted.replace(/^(["'])(.*)\1$/, '$2');
    if (kind.endsWith('-binary')) apart.push(`--${kind} ${value === ':all:' ? (name ?? value) : value}`);
    else if (kind.startsWith('config') && name !== undefined && value.includes('=')) settings.push(`${name}:${value}`);
    else ignored.push(whole.trim());
  }
  return { text, apart, settings, ignored };
}

/** Whether a line says what has to be told apart. */
export function hasOptions(line: string): boolean {
  return tellApart(line).text !== line;
}

/** Lines as every installer takes them, and what is said to the builds of single packages. */
export function withoutOptions(lines: readonly string[]): {
  readonly lines: readonly string[];
  readonly settings: readonly string[];
} {
  const told = lines.map(tellApart);
  return {
    lines: [...told.flatMap(({ apart }) => apart), ...told.map(({ text }) => text)],
    settings: told.flatMap(({ settings }) => settings),
  };
}

/** For the owner: what becomes of such options. */
export function optionNotes(files: readonly string[], texts: Readonly<Record<string, string>>): readonly Evidence[] {
  return requirementLines(files, texts).flatMap(({ text, file, line }) => {
    const { apart, ignored } = tellApart(text);
    const where = { file, line };
    return [
      ...apart.map((one) => ({
        says: `\`${one}\` counts, though pip itself passes over it beside a requirement`,
        where,
      })),
      ...ignored.map((one) => ({ says: `\`${one}\` is left out of the requirements: no installer heeds it`, where })),
    ];
  });
}
