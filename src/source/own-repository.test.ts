import { describe, expect, test } from 'vitest';

import { layOutPushed } from './own-repository.ts';

const repository = '/nowhere/sites/forum/repository.git';

describe('objects that are being pushed', () => {
  test.each([
    '/etc',
    `${repository}/objects/..`,
    `${repository}/objects/incoming/../..`,
    `${repository}/objects/a/b`,
    // As long as the repository's own folder, and another one.
    `${'/other'.padEnd(`${repository}/objects`.length, 'x')}/incoming`,
  ])('are not read from %s', async (objects) => {
    await expect(
      layOutPushed({ repository, objects, revision: 'a'.repeat(40), mirror: '/nowhere/mirror', log: undefined }),
    ).rejects.toMatchObject({
      problems: [{ code: 'command-failed', detail: expect.stringContaining('is not in') as unknown }],
    });
  });
});
