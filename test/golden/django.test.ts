import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { findFacts } from '../../src/django/read/find-facts.ts';
import { scanProject } from '../../src/source/scan-project.ts';

const folder = fileURLToPath(new URL('django/', import.meta.url));

/** Each folder holds a small project and what is to be found out about it: facts, or the problems. */
describe('reading a project', () => {
  for (const name of readdirSync(folder)) {
    it(`finds the facts of ${name}`, async () => {
      const scan = await scanProject(`${folder}${name}/project`, { python: 'python3' });
      const result = findFacts({ ...scan, folder: '/project' }, {});
      const found = result.ok ? { facts: result.value } : { problems: result.problems };
      await expect(`${JSON.stringify(found, undefined, 2)}\n`).toMatchFileSnapshot(`${folder}${name}/expected.json`);
    });
  }
});
