import { expect, test } from 'vitest';

import { debugForms, listForms, portForms } from './forms.ts';

const hosts = ['blog.example', 'localhost'];

test.each([
  [{}, 'blog.example,localhost'],
  [{ cast: 'list' as const, separator: ' ' }, 'blog.example localhost'],
  [{ cast: 'list' as const, separator: ';' }, 'blog.example;localhost'],
  [{ cast: 'json' as const }, '["blog.example","localhost"]'],
  [{ cast: 'toml' as const }, '["blog.example","localhost"]'],
])('several texts are one as %j parts them', (form, expected) => {
  expect(listForms(hosts, form)[0]).toBe(expected);
});

test('every list has other forms to try', () => {
  expect(new Set(listForms(hosts, {}))).toEqual(
    new Set(['blog.example,localhost', '["blog.example","localhost"]', 'blog.example localhost']),
  );
});

test("'not so' is a number for whoever counts", () => {
  expect(debugForms({ cast: 'integer' })[0]).toBe('0');
  expect(debugForms({ cast: 'boolean' })[0]).toBe('False');
  expect(debugForms({ cast: 'json' })[0]).toBe('false');
});

test("a socket's port is a number all the same", () => {
  expect(portForms('', 'postgresql', { cast: 'integer' })[0]).toBe('5432');
  expect(portForms('', 'mysql', {})[0]).toBe('3306');
  expect(portForms('', 'sqlite', { cast: 'integer' })[0]).toBe('0');
  expect(portForms('', 'sqlite', {})).toEqual(['', '0']);
  expect(portForms('5433', 'postgresql', {})[0]).toBe('5433');
});
