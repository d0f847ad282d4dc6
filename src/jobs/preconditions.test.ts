import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { requireReachable } from './preconditions.ts';

const folder = mkdtempSync('/tmp/reach-');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a folder below one that only its owner may enter is refused as that', async () => {
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'my home'), { mode: 0o700 });
  const base = join(folder, 'my home', 'roadie');
  await expect(requireReachable([join(folder, 'run'), base], true)).rejects.toMatchObject({
    problems: [
      {
        code: 'no-access',
        summary: expect.stringContaining(`cannot come to ${base}`) as unknown,
        cure: [expect.any(String), `$ chmod o+x '${join(folder, 'my home')}'`],
      },
    ],
  });
  // Without root all is one user's.
  await requireReachable([base], false);
  chmodSync(join(folder, 'my home'), 0o711);
  await requireReachable([join(folder, 'run'), base], true);
});
