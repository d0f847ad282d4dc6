import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { composeInput } from '../../../test/rig/compose-input.ts';
import { dockerfile } from './dockerfile.ts';

const project = fileURLToPath(new URL('../../../test/golden/django/startproject/project', import.meta.url));

describe("an exported site's Dockerfile", () => {
  it("leads what the project writes in its code to the volume of the site's data, with what the repository has there", async () => {
    const input = await composeInput(project, { site: 'notes' });
    expect(dockerfile(input)).not.toContain('ln -s');
    const text = dockerfile({
      ...input,
      kept: [
        { path: 'var/my logs', kind: 'folder', target: '/srv/data/files/var/my logs' },
        { path: 'state.json', kind: 'file', target: '/srv/data/files/state.json' },
      ],
    });
    expect(text).toContain(`RUN mkdir -p /srv/code/var /srv/data/files/var \\
 && if [ -e '/srv/code/var/my logs' ]; then mv '/srv/code/var/my logs' '/srv/data/files/var/my logs'; else mkdir -p '/srv/data/files/var/my logs'; fi \\
 && ln -s '/srv/data/files/var/my logs' '/srv/code/var/my logs' \\
 && mkdir -p /srv/code /srv/data/files \\
 && if [ -e /srv/code/state.json ]; then mv /srv/code/state.json /srv/data/files/state.json; fi \\
 && ln -s /srv/data/files/state.json /srv/code/state.json \\
 && chown -R site:site /srv/data
`);
  });

  it('makes the folders that variables name', async () => {
    const input = await composeInput(project, { site: 'notes' });
    const environment = { ...input.release.environment, EXPORT_DIR: '/srv/data/files/exports' };
    expect(dockerfile({ ...input, release: { ...input.release, environment } })).toContain(
      '/srv/data/media /srv/data/sqlite /srv/data/files/exports',
    );
  });
});
