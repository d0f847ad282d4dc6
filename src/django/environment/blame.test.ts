import { expect, test } from 'vitest';

import { blamed, type Given } from './blame.ts';
import type { EnvironmentName } from '../facts.ts';
import type { ProbeFailure } from '../probe/probe.ts';

const given = (name: string, value: string, more: Partial<EnvironmentName> = {}): Given => ({
  name: { name, purpose: 'other', required: true, where: { file: 'src/forum/settings.py', line: 3 }, ...more },
  value,
});
const failure = (type: string, text: string, more: Partial<ProbeFailure> = {}): ProbeFailure => ({
  type,
  text,
  traceback: '',
  telling: '',
  file: null,
  line: null,
  column: null,
  ...more,
});
const names = (said: ProbeFailure, all: readonly Given[]): readonly string[] =>
  blamed(said, all).map(({ name }) => name.name);

const all = [
  given('DB_PORT', ''),
  given('DB_NAME', 'forum'),
  given('CACHE_URL', 'rediscache:///run/redis.sock', { where: { file: 'src/forum/settings.py', line: 9 } }),
  given('FORUM_HOSTS', 'a,b', { reader: 'pydantic', where: { file: 'src/forum/config.py', line: 4 } }),
];

test('a variable that the message names', () => {
  expect(
    names(failure('EnvValidationError', 'Environment variable "DB_PORT" invalid: ["Not a valid integer."]'), all),
  ).toEqual(['DB_PORT']);
});

test('a value that the message quotes, unless it is a mere word', () => {
  expect(names(failure('ValueError', "unknown scheme in 'rediscache:///run/redis.sock'"), all)).toEqual(['CACHE_URL']);
  expect(names(failure('AttributeError', 'forum has no application'), all)).toEqual([]);
});

test('a field of a class of settings', () => {
  const text = 'error parsing value for field "hosts" from source "EnvSettingsSource"';
  expect(names(failure('SettingsError', text), all)).toEqual(['FORUM_HOSTS']);
  expect(
    names(failure('ValidationError', '1 validation error for S\nhosts\n  Input should be a valid list'), all),
  ).toEqual(['FORUM_HOSTS']);
});

test('what is read on the line where it happened, as Django names the file', () => {
  const place = { file: 'forum/settings.py', line: 9 };
  expect(names(failure('ValueError', 'invalid literal', place), all)).toEqual(['CACHE_URL']);
  const traceback = '  File "/x/forum/settings.py", line 3\n    PORT = int(os.environ["DB_PORT"])\nValueError: invalid';
  expect(names(failure('ValueError', 'invalid', { traceback }), all)).toEqual(['DB_PORT']);
});

test('nothing where no value can be the reason', () => {
  expect(names(failure('ModuleNotFoundError', "No module named 'DB_PORT'"), all)).toEqual([]);
});
