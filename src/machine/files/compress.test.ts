import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { compressFolder } from './compress.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadie-compress-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('compressing a folder', () => {
  it('takes away what a project ships compressed where that is not worth it', async () => {
    await writeFile(join(folder, 'plain.js'), 'words');
    await writeFile(join(folder, 'plain.js.gz'), 'shipped');
    await compressFolder(folder, undefined, {
      isCompressible: () => true,
      brotliQuality: () => 4,
      isWorthwhile: () => false,
    });
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
      brotliQuality: (): number => 4,
      isWorthwhile: (before: number): boolean => before !== text.length,
    };
    await compressFolder(folder, undefined, rules);
    const names = await readdir(folder);
    expect(names).not.toContain(`${shipped}.gz`);
    expect(names).toContain(`${between[0] ?? ''}.gz`);
  });
});
