import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { compressFolder, type Effort } from './compress.ts';

let folder: string;

const effort = (): Effort => ({ brotliQuality: () => 4, gzipLevel: 1 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadie-compress-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('compressing a folder', () => {
  it('takes away what a project ships compressed where that is not worth it', async () => {
    await writeFile(join(folder, 'plain.js'), 'words');
    await writeFile(join(folder, 'plain.js.gz'), 'shipped');
    await compressFolder(
      folder,
      { earlier: [], threads: 4 },
      {
        isCompressible: () => true,
        effort,
        isWorthwhile: () => false,
      },
    );
    expect(await readdir(folder)).toEqual(['plain.js']);
  });

  it('does not trip over the compressed files that a project ships, which it replaces or takes away', async () => {
    const shipped = 'plain.js';
    const text = 'some words of a script, '.repeat(200);
    // Two of the same bytes, so that what the one came to counts for the other.
    await writeFile(join(folder, 'a.js'), text);
    await writeFile(join(folder, shipped), text);
    await writeFile(join(folder, `${shipped}.gz`), 'shipped');
    // By their names these come between the two, so that the first is done with when the walk comes to the second.
    const between = Array.from({ length: 40 }, (_, index) => `${shipped}-${index}.js`);
    for (const [index, name] of between.entries()) await writeFile(join(folder, name), `${index}${text}`);
    const rules = {
      isCompressible: (name: string): boolean => name.endsWith('.js'),
      effort,
      isWorthwhile: (before: number): boolean => before !== text.length,
    };
    await compressFolder(folder, { earlier: [], threads: 4 }, rules);
    const names = await readdir(folder);
    expect(names).not.toContain(`${shipped}.gz`);
    expect(names).toContain(`${between[0] ?? ''}.gz`);
  });

  it('takes over what other folders have made of the same bytes, and that they made nothing of them', async () => {
    const text = 'some words of a script, '.repeat(200);
    const earlier = join(folder, 'earlier');
    const later = join(folder, 'later');
    for (const one of [earlier, later]) {
      await mkdir(one);
      await writeFile(join(one, 'kept.js'), text);
      await writeFile(join(one, 'noise.js'), randomBytes(2000).toString('latin1'), 'latin1');
      await writeFile(join(one, 'changed.js'), `${one}${text}`);
    }
    await writeFile(join(later, 'noise.js'), await readFile(join(earlier, 'noise.js')));
    const asked: number[] = [];
    const rules = {
      isCompressible: (name: string): boolean => name.endsWith('.js'),
      effort: (sizes: readonly number[]): Effort => {
        asked.push(sizes.length);
        return effort();
      },
      isWorthwhile: (before: number, after: number): boolean => after < before * 0.95,
    };
    await compressFolder(earlier, { earlier: [], threads: 2 }, rules);
    const told: string[] = [];
    const onProgress = (done: number, all: number): void => void told.push(`${done} of ${all}`);
    const count = await compressFolder(later, { earlier: ['/nowhere', earlier], threads: 2, onProgress }, rules);
    expect(count).toMatchObject({ compressed: 1, reused: 2 });
    expect({ asked, told }).toEqual({ asked: [3, 1], told: ['1 of 1'] });
    expect((await stat(join(later, 'kept.js.br'))).ino).toBe((await stat(join(earlier, 'kept.js.br'))).ino);
    expect(await readdir(later)).not.toContain('noise.js.br');
  });
});
