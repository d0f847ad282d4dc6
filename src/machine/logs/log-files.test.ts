import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { closeLog, followLines, isLost, lastLines, logSize, openLog } from './log-files.ts';
import { keepNewest, renameFullLogs, rotateLog } from './log-rotation.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-logs-'));
  path = join(folder, 'web.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('rotation', () => {
  it('keeps as many old logs as it is told to, and goes on in the same file', () => {
    const fd = openLog(path);
    for (const text of ['one\n', 'two\n', 'three\n', 'four\n']) {
      appendFileSync(path, text);
      if (text !== 'four\n') rotateLog(fd, { path, maxBytes: 5, keep: 2 });
    }
    expect(readFileSync(path, 'utf8')).toBe('four\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('three\n');
    expect(readFileSync(`${path}.2`, 'utf8')).toBe('two\n');
    expect(() => readFileSync(`${path}.3`)).toThrow('ENOENT');
    expect(logSize(fd)).toBe(5);
    closeLog(fd);
  });

  it('keeps every byte of a large log', () => {
    const fd = openLog(path);
    const text = `${'x'.repeat(99)}\n`.repeat(20_000);
    writeFileSync(path, text);
    rotateLog(fd, { path, maxBytes: 1_000_000, keep: 1 });
    expect(readFileSync(`${path}.1`, 'utf8') === text).toBe(true);
    expect(logSize(fd)).toBe(0);
    closeLog(fd);
  });

  it('keeps the end of a flooded log, and says how much is lost', () => {
    const fd = openLog(path);
    writeFileSync(path, `${'x'.repeat(99)}\n`.repeat(20_000));
    rotateLog(fd, { path, maxBytes: 1000, keep: 1 });
    const [first, ...rest] = readFileSync(`${path}.1`, 'utf8').trimEnd().split('\n');
    expect(first).toBe('[1999000 bytes before this are lost: the log grew faster than it may]');
    expect(rest).toHaveLength(10);
    expect(logSize(fd)).toBe(0);
    closeLog(fd);
  });

  it('follows no link that stands in the place of the log or of an old one', () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'secret');
    symlinkSync(secret, path);
    expect(() => openLog(path)).toThrow('ELOOP');
    rmSync(path);
    const fd = openLog(path);
    appendFileSync(path, 'log\n');
    rmSync(path);
    expect(isLost(fd)).toBe(true);
    symlinkSync(secret, path);
    symlinkSync(secret, `${path}.1`);
    rotateLog(fd, { path, maxBytes: 2, keep: 1 });
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('log\n');
    expect(readFileSync(secret, 'utf8')).toBe('secret');
    closeLog(fd);
  });
});

describe('lastLines', () => {
  it('gives the last lines, from a byte on, and none where there is no file', async () => {
    writeFileSync(path, 'a\nb\nc\nd');
    expect(await lastLines(path, 2)).toEqual(['c', 'd']);
    expect(await lastLines(path, 9, 2)).toEqual(['b', 'c', 'd']);
    expect(await lastLines(path, 9, 1000)).toEqual(['a', 'b', 'c', 'd']);
    expect(await lastLines(join(folder, 'none'), 2)).toEqual([]);
  });
});

describe('followLines', () => {
  it('tells whole lines as they come, over a rotation, from a file that is not there at first', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    let wake: () => void = () => undefined;
    const following = followLines(path, stop.signal, (line) => {
      lines.push(line);
      wake();
    });
    const until = async (count: number): Promise<void> => {
      while (lines.length < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    const euro = Buffer.from('2 €\n');
    writeFileSync(path, Buffer.concat([Buffer.from('one\n'), euro.subarray(0, 3)]));
    await until(1);
    appendFileSync(path, euro.subarray(3));
    await until(2);
    const fd = openLog(path);
    rotateLog(fd, { path, maxBytes: 1, keep: 1 });
    closeLog(fd);
    appendFileSync(path, 'new\n');
    await until(3);
    stop.abort();
    await following;
    expect(lines).toEqual(['one', '2 €', 'new']);
  });
});

describe('logs that their program opens anew', () => {
  it('are renamed when they are full, one number up each, and others are left alone', () => {
    const logs = { folder, suffix: '.access.log', maxBytes: 3, keep: 2 };
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    write('a.access.log', 'one\n');
    write('b.access.log', 'b\n');
    write('nginx.log', 'long enough\n');
    expect(renameFullLogs(logs)).toBe(true);
    expect(renameFullLogs(logs)).toBe(false);
    for (const text of ['two\n', 'three\n']) {
      write('a.access.log', text);
      expect(renameFullLogs(logs)).toBe(true);
    }
    expect(readdirSync(folder).toSorted()).toEqual(['a.access.log.1', 'a.access.log.2', 'b.access.log', 'nginx.log']);
    expect(readFileSync(join(folder, 'a.access.log.1'), 'utf8')).toBe('three\n');
    expect(renameFullLogs({ ...logs, folder: join(folder, 'nothing') })).toBe(false);
  });
});

it('of files named by their time the newest stay', () => {
  for (const name of ['m1b.log', 'm1a.log', 'm1d.log', 'm1c.log']) writeFileSync(join(folder, name), '');
  keepNewest(folder, 2);
  expect(readdirSync(folder).toSorted()).toEqual(['m1c.log', 'm1d.log']);
});
