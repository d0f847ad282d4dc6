import { appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { closeLog, followLines, isLost, lastLines, logSize, openLog, rotateLog } from './log-files.ts';

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
      if (text !== 'four\n') rotateLog(fd, { path, maxBytes: 1, keep: 2 });
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
    rotateLog(fd, { path, maxBytes: 1, keep: 1 });
    expect(readFileSync(`${path}.1`, 'utf8') === text).toBe(true);
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
    rotateLog(fd, { path, maxBytes: 1, keep: 1 });
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
