import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { ownPaths, readOwnFiles } from './own-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'own-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('files are found by their path in the code; links and what was half written are none', async () => {
  mkdirSync(join(folder, 'site/conf'), { recursive: true });
  writeFileSync(join(folder, 'site/conf/settings.py'), 'A = 1\n');
  writeFileSync(join(folder, '.env'), 'A=1\n');
  writeFileSync(join(folder, '.12.34.ab.tmp'), 'half');
  symlinkSync('/etc/passwd', join(folder, 'passwd'));
  expect(await ownPaths(folder)).toEqual(['.env', 'site/conf/settings.py']);
  const [, settings] = await readOwnFiles(folder);
  expect(settings).toMatchObject({ path: 'site/conf/settings.py' });
  expect(Buffer.from(settings?.content ?? []).toString()).toBe('A = 1\n');
  expect(settings?.hash).toMatch(/^[0-9a-f]{64}$/);
});

test('a site without such a folder has none', async () => {
  expect(await readOwnFiles(join(folder, 'none'))).toEqual([]);
});
