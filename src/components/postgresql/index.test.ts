import { describe, expect, it } from 'vitest';

import { fact, plainPlace, requirement, sampleFacts, samplePlace } from '../../../test/rig/samples.ts';
import { wantsOldDriver } from './driver.ts';
import { databaseName } from './names.ts';
import { postgresqlComponent } from './index.ts';

const options = postgresqlComponent.options.parse({});

function content(place: ReturnType<typeof samplePlace>, name: string): string {
  return postgresqlComponent.files(options, place).find(({ path }) => path.endsWith(name))?.content ?? '';
}

describe('PostgreSQL', () => {
  it.each([
    ['boards', 'boards'],
    ['my-forum', 'my_forum'],
    ['postgres', 'site_postgres'],
    ['pg-stats', 'site_pg_stats'],
    ['template1', 'site_template1'],
    ['public', 'site_public'],
  ])('the site %s has the database %s', (site, name) => {
    expect(databaseName(site)).toBe(name);
  });

  it.each([
    ['', false],
    ['>=5.2,<5.3', false],
    ['==4.2.*', false],
    ['>=3.2', false],
    ['~=3.2', true],
    ['~=4.1', false],
    ['<5', false],
    ['==3.2.25', true],
    ['>=3.2,<4', true],
    ['<4.2', true],
    ['~=4.1.0', true],
    ['<=4.1', true],
  ])("Django '%s' needs the old driver: %s", (specifier, old) => {
    expect(wantsOldDriver(specifier)).toBe(old);
  });

  it('maps the users of the site to its role and nobody else, with root and without', () => {
    expect(content(samplePlace(), 'pg_ident.conf').split('\n').slice(1)).toEqual([
      'roadie "roadie-my-forum" "my_forum"',
      'roadie "roadie-my-forum_build" "my_forum"',
      'roadie "roadie-my-forum_postgresql" "postgres"',
      '',
    ]);
    expect(content(plainPlace(), 'pg_ident.conf').split('\n').slice(1)).toEqual([
      'roadie "anna" "my_forum"',
      'roadie "anna" "postgres"',
      '',
    ]);
  });

  it('has no rule for a network, for a password or without a check', () => {
    const rules = content(samplePlace(), 'pg_hba.conf')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules).toEqual(['local "my_forum" "my_forum" peer map=roadie', 'local all "postgres" peer map=roadie']);
    expect(content(samplePlace(), 'postgresql.conf')).toContain("listen_addresses = ''\n");
  });

  it('is told to Django as a URL with the socket folder as its host', () => {
    const connection = postgresqlComponent.connections?.(options, samplePlace())[0];
    expect(connection).toMatchObject({
      host: '/run/roadie/my-forum/postgresql',
      url: 'postgresql://my_forum@%2Frun%2Froadie%2Fmy-forum%2Fpostgresql/my_forum',
    });
  });

  it('is another service where its configuration is another, so that somebody restarts it', () => {
    const specs = [2, 8].map(
      (memory) =>
        postgresqlComponent.services(
          options,
          samplePlace({ machine: { ...samplePlace().machine, memoryBytes: memory * 1024 ** 3 } }),
        )[0],
    );
    expect(specs[0]?.command).toEqual(specs[1]?.command);
    expect(specs[0]?.environment).not.toEqual(specs[1]?.environment);
  });

  it('brings PostGIS where the project has geography, and only there', () => {
    const detect = (...installedApps: string[]) =>
      postgresqlComponent.detect(
        sampleFacts({ database: fact('postgresql'), installedApps, requirements: [requirement('psycopg')] }),
      );
    expect(detect('django.contrib.gis')?.options.postgis).toBe(true);
    expect(detect('django.contrib.auth')?.options.postgis).toBe(false);
    expect(postgresqlComponent.setup({ ...options, postgis: true }, samplePlace()).at(-1)?.title).toBe(
      'PostGIS in database my_forum',
    );
  });
});
