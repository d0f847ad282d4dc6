import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import * as z from 'zod';

import { answersJson, bodiesJson, jsonSchema } from '../../scripts/reference/bodies.ts';
import { documentedComponents } from '../../scripts/reference/components.ts';
import { configKeys } from '../../scripts/reference/config.ts';
import { referencePages } from '../../scripts/reference/pages.ts';
import { literal } from '../../scripts/reference/shape.ts';
import { describeCommands } from '../../src/cli/program.ts';
import { allComponents } from '../../src/components/index.ts';
import { endpoints } from '../../src/contract/endpoints.ts';
import { eventSchema } from '../../src/contract/events.ts';
import { jobRequestSchema } from '../../src/contract/jobs.ts';
import { catalogue } from '../../src/problems/catalogue.ts';
import { anchors, home } from './pages.ts';

const made = referencePages();

function reference(name: string): string {
  const path = join(home, 'docs/reference', name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

describe('the reference', () => {
  test.each(Object.keys(made))('%s is what the sources give: else `npm run docs` makes it anew', (name) => {
    expect(reference(name)).toBe(made[name]);
  });

  test('is the same each time it is made', () => {
    expect(referencePages()).toEqual(made);
  });

  test('has a heading for every command', () => {
    expect(
      missing(
        'commands.md',
        describeCommands().map(({ name }) => `roadie-${name.replaceAll(' ', '-')}`),
      ),
    ).toEqual([]);
  });

  test('has every option of every command', () => {
    const page = reference('commands.md');
    expect(
      describeCommands()
        .flatMap(({ options }) => options.map(({ flags }) => flags))
        .filter((flags) => !page.includes(`\`${flags}\``)),
    ).toEqual([]);
  });

  test('has every key of the config, each with a meaning', () => {
    const page = reference('config.md');
    expect(configKeys().length).toBeGreaterThan(10);
    expect(
      configKeys().filter(({ key, description }) => description === '' || !page.includes(`| \`${key}\` |`)),
    ).toEqual([]);
  });

  test('has a heading for every component', () => {
    expect(documentedComponents.map(({ name }) => name)).toEqual(
      expect.arrayContaining(allComponents.map(({ name }) => name)),
    );
    expect(
      missing(
        'components.md',
        documentedComponents.map(({ name }) => name),
      ),
    ).toEqual([]);
  });

  test('tells what every option of every component means', () => {
    const empty = reference('components.md')
      .split('\n')
      .filter((line) => /^\| `.*\|\s*\|$/.test(line));
    expect(empty).toEqual([]);
  });

  test('has a heading for every problem', () => {
    expect(missing('problems.md', Object.keys(catalogue))).toEqual([]);
  });

  test('has a heading for every event', () => {
    expect(
      missing(
        'events.md',
        eventSchema.options.map((schema) => literal(schema, 'type')),
      ),
    ).toEqual([]);
  });

  test('has a heading for every endpoint and every operation', () => {
    const page = reference('api.md');
    expect(Object.values(endpoints).filter(({ method, path }) => !page.includes(`\n## ${method} ${path}\n`))).toEqual(
      [],
    );
    expect(
      missing(
        'api.md',
        jobRequestSchema.options.map((schema) => literal(schema, 'kind')),
      ),
    ).toEqual([]);
  });
});

describe('what daemon and clients know of the schemas', () => {
  test('is what the contract says: else `npm run docs` makes it anew', () => {
    expect(readFileSync(join(home, 'src/contract/bodies.json'), 'utf8')).toBe(bodiesJson());
    expect(readFileSync(join(home, 'src/contract/answers.json'), 'utf8')).toBe(answersJson());
  });

  test.each([
    ['a check that only code can make', z.string().refine((text) => text !== '')],
    ['a keyword that the daemon does not know', z.strictObject({ list: z.array(z.string()).max(3) })],
  ])('has no place for %s', (_, schema) => {
    expect(() => jsonSchema(schema)).toThrow(/JSON Schema/);
  });
});

/** Those of the anchors that a page of the reference does not have. */
function missing(name: string, wanted: readonly string[]): readonly string[] {
  const there = anchors({ path: name, text: reference(name) });
  return wanted.filter((each) => !there.has(each));
}
