import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { renderCompose } from '../../../src/targets/compose/render.ts';
import { canarySecrets, composeInput } from '../../rig/compose-input.ts';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
const projects = fileURLToPath(new URL('../django/', import.meta.url));

/** What somebody reads of an export; the rest is the edge's main file and Roadie's Python, which have tests of their own. */
const shown = /^(?:README\.md|compose\.yaml|Dockerfile|overlay\.json|edge\/sites\/[^/]+\.conf|postgresql\/site\.sql|mariadb\/site\.cnf)$/;

const cases = [
  ['boards', `${examples}boards`, {}],
  ['boards-mariadb', `${examples}boards`, { database: 'mariadb', web: { server: 'uvicorn' } }],
  ['sqlite', `${projects}startproject/project`, {}],
  ['celery', `${projects}celery/project`, {}],
  ['asgi', `${projects}channels/project`, {}],
  ['release-commands', `${projects}start-scripts/project`, {}],
  ['frontend', `${projects}frontend-missing/project`, {}],
] as const;

describe('a site as a folder for Docker Compose', () => {
  for (const [name, folder, config] of cases) {
    it(`is what it is for ${name}`, async () => {
      const input = await composeInput(folder, { site: name, config, owner: { SENTRY_DSN: 'canary-sentry' } });
      const files = renderCompose(input);
      expect(files.map(({ path }) => path)).toEqual([...new Set(files.map(({ path }) => path))]);
      const all = JSON.stringify(files);
      for (const secret of [...Object.values(canarySecrets), 'canary-sentry']) expect(all).not.toContain(secret);
      // Nothing of the machine that it was exported on.
      expect(all).not.toMatch(/\/var\/lib\/roadie|\/run\/roadie|\/project\b/);
      for (const { path, content } of files.filter((file) => shown.test(file.path)))
        await expect(content).toMatchFileSnapshot(`expected/${name}/${path.replace(/sites\/[^/]+\.conf/, 'site.conf').replaceAll('/', '-').replace(/^Dockerfile$/, 'Dockerfile.txt').replace(/\.(md|yaml|json)$/, '.$1.txt')}`);
    });
  }
});
