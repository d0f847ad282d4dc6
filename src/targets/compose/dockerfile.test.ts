import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { composeInput } from '../../../test/rig/compose-input.ts';
import { fact } from '../../../test/rig/samples.ts';
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

  it('has Node where static files are made with programs of node_modules, of the series that the front end is built with', async () => {
    const input = await composeInput(project, { site: 'notes' });
    const frontEnds = [
      fact({
        folder: 'web',
        manager: { kind: 'npm', folder: 'web' },
        install: ['npm', 'ci'],
        commands: [['npm', 'run', 'build']],
        node: fact('>=18 <21'),
      } as const),
    ];
    const facts = { ...input.blueprint.facts, frontEnds };
    const built = { ...input, blueprint: { ...input.blueprint, facts } };
    // What is built is in the code.
    expect(dockerfile(built)).not.toContain('node:');
    const { probe } = input.release;
    const compressing = {
      ...probe,
      installedApps: [...probe.installedApps, 'compressor'],
      commands: [...probe.commands, 'compress'],
    };
    const text = dockerfile({ ...built, release: { ...input.release, probe: compressing } });
    expect(text).toContain('COPY --from=node:20-bookworm-slim /usr/local/bin/node /usr/local/bin/node');
    expect(text).toContain('PATH=/srv/code/web/node_modules/.bin:"$PATH" /srv/venv/bin/python -m roadie_container');
  });
});
