import { describe, expect, test } from 'vitest';

import { configKeys } from '../../scripts/reference/config.ts';
import { describeCommands } from '../../src/cli/program.ts';
import { allComponents } from '../../src/components/index.ts';
import { allPages } from './pages.ts';

/** What pages for users say. Decisions are of their day, and a changelog of its version. */
const pages = allPages().filter(({ path }) => !path.startsWith('docs/decisions/') && path !== 'CHANGELOG.md');

const hasKey = (key: string): boolean => configKeys().some((each) => each.key === key);
const hasCommand = (name: string): boolean => describeCommands().some((each) => each.name === name);
const hasComponent = (name: string): boolean => allComponents.some((each) => each.name === name);

/** Sentences that deny something, and whether the program has it all the same. */
const denials: readonly (readonly [RegExp, () => boolean])[] = [
  [/does not (?:watch|follow) (?:your|a|the) repositor/i, () => hasKey('source.poll')],
  [/makes? no backups|backups? (?:is|are) not/i, () => hasCommand('backup')],
  [/cannot (?:go|be rolled) back|no rollback/i, () => hasCommand('rollback')],
  [
    /(?:MySQL|MariaDB)[^.]* (?:is|are) not (?:run|supported)|does not run (?:MySQL|MariaDB)/i,
    () => hasComponent('mariadb'),
  ],
  [/does not run Memcached|Memcached[^.]* (?:is|are) not (?:run|supported)/i, () => hasComponent('memcached')],
];

/** Words for which the field has others, and those. */
const words: readonly (readonly [RegExp, string])[] = [
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bmade a mistake\b/i, 'internal error'],
];

describe.each(pages)('$path', ({ text }) => {
  const sentences = text.replaceAll(/\s+/g, ' ').split(/(?<=[.:;])\s/);

  test('denies nothing that the program has', () => {
    const wrong = denials.flatMap(([says, has]) => (has() ? sentences.filter((each) => says.test(each)) : []));
    expect(wrong).toEqual([]);
  });

  test("uses the field's words", () => {
    const wrong = words.flatMap(([word, better]) =>
      sentences.filter((each) => word.test(each)).map((each) => `${better}: ${each}`),
    );
    expect(wrong).toEqual([]);
  });
});

test('help uses them as well', () => {
  const help = JSON.stringify(describeCommands());
  expect(words.filter(([word]) => word.test(help))).toEqual([]);
});

test('a denial of what there is would be found', () => {
  const [[says, has] = [/x/, () => false]] = denials;
  expect(says.test('Nothing happens: Roadie does not watch your repository.') && has()).toBe(true);
});
