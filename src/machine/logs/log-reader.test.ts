import { appendFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { markBeforeEnd, readLines } from './log-reader.ts';

let folder: string;
let log: string;

beforeEach(() => {
  folder = mkdtempSync('/tmp/log-reader-');
  log = `${folder}/a.log`;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('whole lines are read once, each', async () => {
  writeFileSync(log, 'one\ntw');
  const first = await readLines(log, undefined);
  expect(first.lines).toEqual(['one']);
  appendFileSync(log, 'o\nthree\n');
  const second = await readLines(log, first.mark);
  expect(second.lines).toEqual(['two', 'three']);
  expect((await readLines(log, second.mark)).lines).toEqual([]);
});

test('a log that was rotated is read to its end, and the new one from its beginning', async () => {
  writeFileSync(log, 'one\n');
  const { mark } = await readLines(log, undefined);
  appendFileSync(log, 'two\n');
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'three, which is longer than what was read\n');
  expect((await readLines(log, mark)).lines).toEqual(['two', 'three, which is longer than what was read']);
});

test('a log between two names, and one that was emptied, lose nothing that is there', async () => {
  writeFileSync(log, 'one\n');
  const { mark } = await readLines(log, undefined);
  renameSync(log, `${log}.1`);
  const between = await readLines(log, mark);
  expect(between).toEqual({ lines: [], mark });
  writeFileSync(log, 'two\n');
  const { lines, mark: next } = await readLines(log, between.mark);
  expect(lines).toEqual(['two']);
  truncateSync(log, 0);
  appendFileSync(log, '3\n');
  expect((await readLines(log, next)).lines).toEqual(['3']);
});

test('a mark before the end stays within the file', async () => {
  expect(await markBeforeEnd(log, 10)).toBeUndefined();
  writeFileSync(log, 'one\ntwo\n');
  expect(await markBeforeEnd(log, 1000)).toMatchObject({ at: 0 });
  expect(await markBeforeEnd(log, 4)).toMatchObject({ at: 4 });
});

test('a symbolic link is refused', async () => {
  symlinkSync('/etc/passwd', log);
  await expect(readLines(log, undefined)).rejects.toThrow('ELOOP');
});
