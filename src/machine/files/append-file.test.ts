import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { AppendFile } from './append-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-append-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('lines stand in the order they came, also those of the writer before, and no stranger reads them', async () => {
  new AppendFile(path, 1000).append('one\n');
  const file = new AppendFile(path, 1000);
  file.append('two\n');
  expect(await file.read()).toBe('one\ntwo\n');
  expect(statSync(path).mode & 0o007).toBe(0);
});

test('a line that its writer was killed in takes no other with it', async () => {
  writeFileSync(path, '{"a":1}\n{"b":');
  const file = new AppendFile(path, 1000);
  file.append('{"c":3}\n');
  file.append('{"d":4}\n');
  expect((await file.read()).split('\n')).toEqual(['{"a":1}', '{"b":', '{"c":3}', '{"d":4}', '']);
});

test('it grows to its limit, then keeps one predecessor', async () => {
  const file = new AppendFile(path, 10);
  for (const letter of 'abcdef') file.append(`${letter.repeat(5)}\n`);
  expect(readdirSync(folder).toSorted()).toEqual(['events.jsonl', 'events.jsonl.1']);
  expect(await file.read()).toBe('ccccc\nddddd\neeeee\nfffff\n');
});

test('a log that cannot be written stops nobody', () => {
  const file = new AppendFile(join(folder, 'absent', 'log'), 10);
  expect(() => file.append('x\n')).not.toThrow();
});

test('what somebody removes begins again', () => {
  const file = new AppendFile(path, 1000);
  file.append('one\n');
  rmSync(path);
  file.append('two\n');
  appendFileSync(path, '');
  expect(readFileSync(path, 'utf8')).toBe('two\n');
});
