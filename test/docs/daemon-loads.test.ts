import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { home } from './pages.ts';

/** The packages that are loaded with a file: by imports which are not of types alone, and not at some later time. */
function packagesOf(start: string): readonly string[] {
  const [files, packages] = [new Set<string>([start]), new Set<string>()];
  for (const file of files)
    for (const match of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b(?! type\b)[^;]*?from '([^']+)';/gm)) {
      const named = match[1] ?? '';
      if (named.startsWith('.')) files.add(resolve(file, '..', named));
      else if (!named.startsWith('node:')) packages.add(named);
    }
  return [...packages].toSorted();
}

test('what the daemon loads it holds for months: no parser for what others write is among it', () => {
  const daemon = join(home, 'src/entry/daemon.ts');
  expect(existsSync(daemon)).toBe(true);
  expect(packagesOf(join(home, 'src/entry/job.ts'))).toContain('yaml');
  expect(packagesOf(daemon)).toEqual([]);
});
