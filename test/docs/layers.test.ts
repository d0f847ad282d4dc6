import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { arrows, breaches, layers, layersTable, ordered, unneeded } from '../../scripts/layers.ts';
import { home } from './pages.ts';

test('no import runs back up, and every folder has a rule', () => {
  const found = arrows(join(home, 'src'));
  expect(breaches(found)).toEqual([]);
  expect(unneeded(found)).toEqual([]);
  expect(ordered()).toHaveLength(Object.keys(layers).length);
});

test('an import of a type that runs back up is found', () => {
  const root = mkdtempSync(join(tmpdir(), 'rd-layers-'));
  try {
    for (const folder of ['machine', 'machine/files', 'daemon']) mkdirSync(join(root, folder));
    writeFileSync(join(root, 'machine/files/a.ts'), "import type { Daemon } from '../../daemon/daemon.ts';\n");
    writeFileSync(join(root, 'daemon/daemon.ts'), "import { a } from '../machine/files/a.ts';\n");
    const found = { file: 'src/machine/files/a.ts', imports: 'src/daemon/daemon.ts', from: 'machine', to: 'daemon' };
    expect(breaches(arrows(root))).toEqual([found]);
    expect(unneeded(arrows(root))).not.toContain('daemon → machine');
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a circle in the rules is refused', () => {
  const one = { about: '', knows: ['other'] };
  expect(() => ordered({ one, other: { about: '', knows: ['one'] } })).toThrow('a circle among one, other');
});

test('docs/architecture.md shows the rules as they are', () => {
  expect(readFileSync(join(home, 'docs/architecture.md'), 'utf8')).toContain(layersTable());
});
