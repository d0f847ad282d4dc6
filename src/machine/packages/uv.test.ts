import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { ensureUv, prepareUv, uvVersion } from './uv.ts';

/** A Python whose pip puts a `uv` where it is told, once `works` is there; and how often it was called. */
function pythonIn(folder: string): { readonly python: string; readonly calls: () => number } {
  const python = join(folder, 'python');
  writeFileSync(
    python,
    `#!/bin/sh
echo called >> ${folder}/calls
[ -e ${folder}/works ] || exit 1
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin" && echo uv > "$2/bin/uv"
`,
    { mode: 0o755 },
  );
  return { python, calls: () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').length };
}

test('uv that is being installed is waited for, and tried anew where that failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'uv-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { python, calls } = pythonIn(folder);
  const options = { python, network: {} };
  const tools = join(folder, 'tools');

  prepareUv(tools, options);
  expect(await ensureUv(tools, options)).toBeUndefined();
  expect(calls()).toBe(2);

  writeFileSync(join(folder, 'works'), '');
  prepareUv(tools, options);
  prepareUv(tools, options);
  const uv = join(tools, `uv-${uvVersion}`, 'uv');
  expect(await Promise.all([ensureUv(tools, options), ensureUv(tools, options)])).toEqual([uv, uv]);
  expect(calls()).toBe(3);
  expect(readFileSync(uv, 'utf8')).toBe('uv\n');
});
