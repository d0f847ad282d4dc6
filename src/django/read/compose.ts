import { baseName, isAside } from './paths.ts';
import { forDevelopers, listForm } from './dockerfile.ts';
import type { ProjectScan } from './scan.ts';

/** A program that Docker Compose starts: `words` where it is a list, else text for a shell. */
export type ComposeProgram = {
  readonly key: 'command' | 'entrypoint';
  readonly service: string;
  readonly file: string;
  readonly line: number;
  readonly words?: readonly string[];
  readonly text: string;
};

/** What the Compose file for production starts, in its order. It is read by its indentation: what is written in other ways is left out. */
export function composePrograms(scan: Pick<ProjectScan, 'texts'>): readonly ComposeProgram[] {
  const [file] = Object.keys(scan.texts)
    .filter((each) => /(?:^|\/)(?:docker-)?compose[^/]*\.ya?ml$/.test(each) && !isAside(each) && !forDevelopers(each))
    .toSorted(
      (left, right) =>
        Number(/prod/.test(baseName(right))) - Number(/prod/.test(baseName(left))) || left.length - right.length,
    );
  if (file === undefined) return [];
  const lines = (scan.texts[file] ?? '').split('\n');
  const found: ComposeProgram[] = [];
  let service = '';
  for (const [index, raw] of lines.entries()) {
    const [, blanks = '', name] = /^(\s+)([\w.-]+):\s*(?:&\S+\s*)?(?:#.*)?$/.exec(raw) ?? [];
    const [, indent, key, value = ''] = /^(\s+)(command|entrypoint):\s*(.*?)\s*$/.exec(raw) ?? [];
    if (key === undefined || indent === undefined) {
      if (name !== undefined && blanks.length <= 4 && blanks.length === serviceIndent(lines)) service = name;
      continue;
    }
    const inner: string[] = [];
    for (const line of lines.slice(index + 1)) {
      const deeper =
        line.trim() === '' || line.search(/\S/) > indent.length || /^\s*- /.test(line.slice(indent.length));
      if (!deeper || (line.search(/\S/) <= indent.length && line.trim() !== '' && !line.trim().startsWith('- '))) break;
      inner.push(line);
    }
    const said = {
      key: key === 'command' ? ('command' as const) : ('entrypoint' as const),
      service,
      file,
      line: index + 1,
    };
    found.push({ ...said, ...valueOf(value, inner) });
  }
  return found;
}

/** How deep the names of services stand. */
function serviceIndent(lines: readonly string[]): number {
  const at = lines.findIndex((line) => /^services:\s*$/.test(line));
  return (
    lines
      .slice(at + 1)
      .find((line) => /^\s+\S/.test(line) && !/^\s*#/.test(line))
      ?.search(/\S/) ?? 2
  );
}

function valueOf(value: string, inner: readonly string[]): Pick<ComposeProgram, 'words' | 'text'> {
  // Compose's own variables are written with one dollar sign, those for the container with two.
  const plain = (text: string): string => text.replaceAll('$$', '$');
  const whole = plain([value, ...inner].join('\n'));
  if (value.startsWith('[')) {
    const words = listForm(whole) ?? [];
    return { words, text: words.join(' ') };
  }
  const items = inner.filter((line) => /^\s*- /.test(line));
  if (value === '' && items.length > 0 && items.length === inner.filter((line) => line.trim() !== '').length) {
    const words = items.map((line) => unquoted(plain(line.replace(/^\s*- /, '').trim())));
    return { words, text: words.join(' ') };
  }
  // `>` folds lines into one, `|` keeps them; without either they are folded as well.
  const block = /^[>|][+-]?\d*\s*$/.test(value);
  const lines = (block ? inner : [value, ...inner]).map((line) => plain(line.trim()));
  const text = lines.join(value.startsWith('|') ? '\n' : ' ').trim();
  return { text: block ? text : unquoted(text) };
}

function unquoted(text: string): string {
  const [, double, single] = /^(?:"([\s\S]*)"|'([\s\S]*)')$/.exec(text) ?? [];
  return double?.replaceAll(/\\(["\\])/g, '$1') ?? single?.replaceAll("''", "'") ?? text;
}
