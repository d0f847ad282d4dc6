import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { emptyTrash } from './trash.ts';

test('only what Roadie has put there, more than a week ago, is deleted for good', async () => {
  const trash = await mkdtemp('/tmp/trash-');
  onTestFinished(() => rm(trash, { recursive: true }));
  const [old, young, foreign] = ['shop-2026-01-01T10-00-00-000Z', 'shop-2026-01-05T10-00-00-000Z', 'my-notes'];
  for (const name of [old, young, foreign]) await mkdir(join(trash, name, 'inner'), { recursive: true });
  expect(await emptyTrash(trash, Date.parse('2026-01-09T00:00:00Z'))).toEqual([join(trash, old)]);
  expect(await readdir(trash)).toEqual([foreign, young].toSorted());
  expect(await emptyTrash(join(trash, 'nowhere'), 0)).toEqual([]);
});
