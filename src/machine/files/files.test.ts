import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { killedWhileWriting } from '../../../test/rig/killed-writer.ts';
import { describeFile, ensureFolder, exists, isFile, readText, removeLeftovers, writeAtomically } from './files.ts';
import { pointLink } from './links.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writing a file whole', () => {
  test('sets its mode whatever the umask, and replaces a link instead of following it', async () => {
    const outside = join(folder, 'outside');
    writeFileSync(outside, 'untouched');
    symlinkSync(outside, join(folder, 'file'));
    await writeAtomically(join(folder, 'file'), 'new', { mode: 0o666 });
    expect(lstatSync(join(folder, 'file')).isFile()).toBe(true);
    expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o666);
    expect(readFileSync(outside, 'utf8')).toBe('untouched');
  });

  test('leaves the old file and nothing else where it cannot', async () => {
    mkdirSync(join(folder, 'taken', 'by-something'), { recursive: true });
    await expect(writeAtomically(join(folder, 'taken'), 'new', { mode: 0o600 })).rejects.toThrow(/EISDIR|ENOTEMPTY/);
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  test('shows the old or the new content, never half of one, when the writer is killed', async () => {
    const path = join(folder, 'file');
    await writeAtomically(path, 'a'.repeat(10), { mode: 0o600 });
    const script = `
      const { writeAtomically } = await import(${JSON.stringify(new URL('files.ts', import.meta.url).href)});
      for (let round = 1; ; round += 1) {
        const letter = 'abcdefghij'[round % 10];
        await writeAtomically(${JSON.stringify(path)}, letter.repeat(200_000), { mode: 0o600 });
        if (round === 2) console.log('writing');
      }`;
    for (let kill = 0; kill < 5; kill += 1) {
      await killedWhileWriting(script, kill * 2);
      const text = readFileSync(path, 'utf8');
      expect(text).toBe((text[0] ?? '').repeat(200_000));
    }
    await removeLeftovers(folder);
    expect(readdirSync(folder)).toEqual(['file']);
  }, 60_000);

  test('leaves alone what a living writer is at, and what somebody else has named alike', async () => {
    const own = `.${process.pid}.1700000000000.abc.tmp`;
    writeFileSync(join(folder, own), '');
    writeFileSync(join(folder, '.notes.tmp'), '');
    await removeLeftovers(folder);
    expect(readdirSync(folder).toSorted()).toEqual([own, '.notes.tmp'].toSorted());
  });
});

describe('folders', () => {
  test('get their mode whatever the umask, also when they were there', async () => {
    mkdirSync(join(folder, 'state'), { mode: 0o777 });
    await ensureFolder(join(folder, 'state'), { mode: 0o700 });
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
  });

  test('are refused where a link stands: a site could have put it there', async () => {
    mkdirSync(join(folder, 'real'), { mode: 0o755 });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    await expect(ensureFolder(join(folder, 'link'), { mode: 0o700 })).rejects.toThrow('is not a folder');
    expect(statSync(join(folder, 'real')).mode & 0o777).toBe(0o755);
  });
});

test('what is not there is undefined, also behind a file that is no folder', async () => {
  writeFileSync(join(folder, 'file'), '');
  for (const path of [join(folder, 'absent'), join(folder, 'file', 'inside')]) {
    expect(await readText(path)).toBeUndefined();
    expect(await exists(path)).toBe(false);
    expect(await describeFile(path)).toBeUndefined();
  }
  symlinkSync('/nonexistent', join(folder, 'dangling'));
  expect(await describeFile(join(folder, 'dangling'))).toMatchObject({ kind: 'link' });
});

describe('pointing a link elsewhere', () => {
  const target = (): string =>
    lstatSync(join(folder, 'current')).isSymbolicLink() ? readFileSync(join(folder, 'current'), 'utf8') : '';

  test('works from nothing, again, and over a file that is in the way', async () => {
    for (const name of ['one', 'two']) writeFileSync(join(folder, name), name);
    const link = join(folder, 'current');
    await pointLink(link, 'one');
    await pointLink(link, 'one');
    expect(target()).toBe('one');
    await pointLink(link, 'two');
    expect(target()).toBe('two');
    rmSync(link);
    writeFileSync(link, 'a file');
    await pointLink(link, 'one');
    expect(target()).toBe('one');
  });

  test('works where a process of the same number was killed halfway', async () => {
    writeFileSync(join(folder, 'one'), 'one');
    symlinkSync('nowhere', join(folder, `current.${process.pid}.tmp`));
    await pointLink(join(folder, 'current'), 'one');
    expect(target()).toBe('one');
    expect(readdirSync(folder).toSorted()).toEqual(['current', 'one']);
  });
});

test('a regular file is told from all else, whatever a path looks like', () => {
  expect(isFile(import.meta.filename)).toBe(true);
  for (const path of [import.meta.dirname, '/nowhere', `/${'long '.repeat(100)}`, 'a\0b'])
    expect(isFile(path)).toBe(false);
});
