import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { linkOnTheWay } from './links.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-links-'));
  mkdirSync(join(folder, 'media/albums/2026'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the way from a folder to one below it', () => {
  const from = (...names: readonly string[]) => linkOnTheWay(join(folder, 'media'), join(folder, 'media', ...names));

  it('has no link where all are folders, or are not there yet', async () => {
    expect(await from('albums', '2026')).toBeUndefined();
    expect(await from('albums', '2027', 'spring')).toBeUndefined();
    expect(await from()).toBeUndefined();
  });

  it('is told by its first link, wherever that leads', async () => {
    symlinkSync('/etc', join(folder, 'media/away'));
    symlinkSync('albums', join(folder, 'media/same'));
    symlinkSync('nowhere', join(folder, 'media/albums/dangling'));
    expect(await from('away', 'ssl')).toBe(join(folder, 'media/away'));
    expect(await from('same')).toBe(join(folder, 'media/same'));
    expect(await from('albums', 'dangling', 'x')).toBe(join(folder, 'media/albums/dangling'));
  });

  it("does not count what is above the folder, which is root's", async () => {
    symlinkSync('media', join(folder, 'way'));
    expect(await linkOnTheWay(join(folder, 'way'), join(folder, 'way/albums'))).toBeUndefined();
  });
});
