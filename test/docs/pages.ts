import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { anchor } from '../../scripts/reference/markdown.ts';
import type { CommandDescription } from '../../src/cli/program.ts';

export const home = fileURLToPath(new URL('../../', import.meta.url));

/** A page of the documentation; `path` is relative to the repository. */
export type Page = { readonly path: string; readonly text: string };

/** All pages for people: docs/ and what lies beside it. */
export function allPages(): readonly Page[] {
  const below = readdirSync(join(home, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...below.toSorted()].map((path) => ({
    path,
    text: readFileSync(join(home, path), 'utf8'),
  }));
}

/** The links and pictures of a page that lead to a file of the repository, as `[path, anchor]`. */
export function localLinks(page: Page): readonly (readonly [string, string])[] {
  const prose = page.text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', fragment = ''] = target.split('#');
      return [path === '' ? page.path : relative(home, resolve(home, dirname(page.path), path)), fragment] as const;
    });
}

/** The anchors of a page's headings. */
export function anchors(page: Page): ReadonlySet<string> {
  const prose = page.text.replaceAll(/```[\s\S]*?```/g, '');
  return new Set([...prose.matchAll(/^#{1,6} (.+)$/gm)].map((match) => anchor(match[1] ?? '')));
}

/** The blocks of a language on a page. */
export function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^[ ]*\`\`\`${language}\\n([\\s\\S]*?)^[ ]*\`\`\``, 'gm'))].map(
    (match) => match[1] ?? '',
  );
}

/** Every use of the program on a page, in a shell block or between backquotes: the words after `roadie`. */
export function typedCommands(text: string): readonly (readonly string[])[] {
  const lines = blocks(text, 'sh').flatMap((block) => block.split('\n'));
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...lines, ...inline].flatMap((line) => {
    const words = /^\s*(?:\$ )?(?:sudo )?(?:\S*\/)?roadie\s+([^#|]*)/.exec(line)?.[1];
    return words === undefined ? [] : [words.trim().split(/\s+/)];
  });
}

/** Why no such command can be typed; undefined where it can. `words`: what stands after `roadie`. Placeholders are in capitals. */
export function objection(
  words: readonly string[],
  commands: readonly Pick<CommandDescription, 'name' | 'options'>[],
): string | undefined {
  const [first = '', second = ''] = words;
  if (first === '--help' || first === '--version' || /^(COMMAND|…)$/.test(first)) return undefined;
  const family = commands.some((command) => command.name.startsWith(`${first} `));
  if (family && (words.length === 1 || second === '--help')) return undefined;
  const command = commands.find((each) => each.name === (family ? `${first} ${second}` : first));
  if (!command) return `there is no command \`roadie ${family ? `${first} ${second}` : first}\``;
  const known = new Set([
    '--help',
    '-h',
    ...command.options.flatMap(({ flags }) => flags.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? []),
  ]);
  const end = words.indexOf('--');
  const options = (end === -1 ? words : words.slice(0, end))
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/=.*/, ''));
  const unknown = options.find((option) => !known.has(option));
  return unknown === undefined ? undefined : `\`roadie ${command.name}\` has no option ${unknown}`;
}
