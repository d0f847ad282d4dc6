import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import packageFile from '../../package.json' with { type: 'json' };
import { describeCommands } from '../../src/cli/program.ts';
import { readConfig } from '../../src/config/load.ts';
import { allPages, anchors, blocks, home, localLinks, objection, type Page, typedCommands } from './pages.ts';

const pages = allPages();
/** `daemon run` is no command for people; problems may name it. */
const hidden = [{ name: 'daemon run', options: [] }];

describe.each(pages.map((page) => ({ ...page })))('$path', (page) => {
  test('links only to files and headings that exist', () => {
    const broken = localLinks(page).filter(([path, fragment]) => {
      if (!existsSync(join(home, path))) return true;
      const target = pages.find((each) => each.path === path);
      return fragment !== '' && !(target && anchors(target).has(fragment));
    });
    expect(broken).toEqual([]);
  });

  test('names only commands and options that are in the help', () => {
    const commands = describeCommands();
    expect(typedCommands(page.text).flatMap((words) => objection(words, commands) ?? [])).toEqual([]);
  });

  test('names only scripts that package.json has', () => {
    const named = [...page.text.matchAll(/npm run ([a-z]+)/g)].map((match) => match[1] ?? '');
    // What other projects call the script that builds their front end.
    const others = new Set(['build']);
    expect(named.filter((name) => !others.has(name) && !Object.hasOwn(packageFile.scripts, name))).toEqual([]);
  });

  test('names only files of the repository that exist', () => {
    const named = [...page.text.matchAll(/(?<![\w./-])(?:src|test|scripts|docs|python|examples|bench)\/[\w./-]*\w/g)];
    expect(named.map(([path]) => path).filter((path) => !existsSync(join(home, path)))).toEqual([]);
  });

  test('shows only configs that Roadie accepts', () => {
    const refused = blocks(page.text, 'toml').flatMap((text) => {
      const read = readConfig({ file: page.path, text });
      return read.ok ? [] : read.problems;
    });
    expect(refused).toEqual([]);
  });
});

describe('the documentation', () => {
  test('is reached as a whole from docs/README.md', () => {
    const reached = new Set<string>();
    const follow = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      const page = pages.find((each) => each.path === path);
      for (const [target] of page ? localLinks(page) : []) follow(target);
    };
    follow('docs/README.md');
    expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  test('numbers its decisions without a gap, each with its four parts', () => {
    const decisions = pages.filter(({ path }) => /^docs\/decisions\/\d/.test(path));
    expect(decisions.map(({ path }) => path.slice('docs/decisions/'.length, 'docs/decisions/NNNN'.length))).toEqual(
      decisions.map((_, index) => String(index + 1).padStart(4, '0')),
    );
    const headings = ['## Context', '## Decision', '## Evidence', '## Consequences'];
    expect(
      decisions
        .filter(({ text }) => headings.some((heading) => !text.includes(`\n${heading}\n`)))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  test('gives a reason for every dependency, and for none that is gone', () => {
    const text = pages.find(({ path }) => path.startsWith('docs/decisions/0014-'))?.text ?? '';
    const named = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
    expect(named.toSorted()).toEqual(
      [...Object.keys(packageFile.dependencies), ...Object.keys(packageFile.devDependencies)].toSorted(),
    );
  });

  test('has the version of package.json at the top of the changelog', () => {
    const version = /^## (\d+\.\d+\.\d+)/m.exec(pages.find(({ path }) => path === 'CHANGELOG.md')?.text ?? '')?.[1];
    expect(version).toBe(packageFile.version);
  });
});

describe('what the program tells people to type', () => {
  test('are commands and options that are in the help', () => {
    const commands = [...describeCommands(), ...hidden];
    const wrong = sources().flatMap(({ path, text }) =>
      proposed(text).flatMap((words) => objection(words, commands)?.concat(` (${path})`) ?? []),
    );
    expect(wrong).toEqual([]);
  });
});

/** The program's own files. */
function sources(): readonly Page[] {
  return readdirSync(join(home, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => ({ path: `src/${name}`, text: readFileSync(join(home, 'src', name), 'utf8') }));
}

/** `$ roadie …` and `` `roadie …` `` in strings of a source file; what is filled in at run time counts as a placeholder. */
function proposed(source: string): readonly (readonly string[])[] {
  const text = source
    .replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, '')
    .replaceAll(/\$\{[^{}]*\}/g, ' X ')
    .replaceAll('\\n', '\n')
    .replaceAll('\\`', '`');
  return [...text.matchAll(/(?:`|\$ )roadie ([a-z][^`'":\n]*)/g)].map((match) => (match[1] ?? '').trim().split(/\s+/));
}
