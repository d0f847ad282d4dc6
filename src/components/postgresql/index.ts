import * as z from 'zod';

import { component, type FileSpec } from '../component.ts';
import { dataService } from '../data-service.ts';
import type { Place } from '../place.ts';
import { databaseName } from './names.ts';
import { drain } from './drain.ts';
import { accessRules, nameMap, serverSettings } from './files.ts';
import { wantsOldDriver } from './driver.ts';
import { paths, program } from './paths.ts';
import { psql } from './psql.ts';
import { postgresqlSetup } from './setup.ts';
import { postgresqlContainer } from './container.ts';

const options = z.strictObject({
  version: z
    .string()
    .regex(/^[0-9]{2}$/)
    .default('15')
    .describe("Major version of the server; Debian 12's is 15"),
  driver: z
    .enum(['psycopg', 'psycopg2'])
    .default('psycopg')
    .describe('What to add where the project declares no driver'),
  postgis: z.boolean().default(false).describe('Whether the database has the PostGIS extension'),
});

type Options = z.infer<typeof options>;

/** One PostgreSQL server for each site: on a unix socket only, peer authentication, a role that owns one database. */
export const postgresqlComponent = component<Options>({
  name: 'postgresql',
  title: 'PostgreSQL',
  roles: ['database'],
  about:
    "A PostgreSQL server of the site's own, reachable only through a unix socket and only by the site's users; the database and its role are named like the site.",
  options,
  detect: (facts) => {
    if (facts.database.value !== 'postgresql') return undefined;
    return {
      options: {
        version: '15',
        driver: wantsOldDriver(facts.django?.value ?? '') ? 'psycopg2' : 'psycopg',
        postgis: facts.installedApps.includes('django.contrib.gis'),
      },
      because: facts.database.because,
    };
  },
  packages: ({ version, driver, postgis }) => ({
    debian: [
      `postgresql-${version}`,
      `postgresql-client-${version}`,
      ...(postgis ? [`postgresql-${version}-postgis-3`, 'gdal-bin'] : []),
    ],
    python: [
      {
        requirement: driver === 'psycopg' ? 'psycopg[binary]>=3.1' : 'psycopg2-binary>=2.9',
        unless: ['psycopg', 'psycopg-binary', 'psycopg-c', 'psycopg2', 'psycopg2-binary', 'psycopg2cffi'],
        because: "Django's PostgreSQL driver: undeclared, added",
      },
    ],
  }),
  // Debian's package makes and starts a cluster of its own unless told otherwise before it is unpacked.
  packageSettings: [
    {
      packages: /^postgresql/,
      path: '/etc/postgresql-common/createcluster.conf',
      known: /^\s*create_main_cluster\s*=/m,
      lines: '# Roadie makes a cluster of its own for each site.\ncreate_main_cluster = false\n',
    },
  ],
  runsAs: 'own',
  folders: (_options, place) => [
    { path: paths(place).data, owner: 'component', group: 'component', mode: 0o700, formerOwner: 'postgres' },
    { path: paths(place).socketFolder, owner: 'component', group: 'site', mode: 0o750 },
    { path: paths(place).config, owner: 'root', group: 'site', mode: 0o750 },
  ],
  files: (_options, place) => files(place),
  setup: postgresqlSetup,
  database: {
    engine: 'postgresql',
    locks: {
      // libpq reads it whatever the settings' own options are, unless they set `options` themselves.
      limit: (seconds) => ({ PGOPTIONS: `-c lock_timeout=${seconds}s` }),
      refused: /lock timeout|LockNotAvailable/i,
      shownBy: 'pg_stat_activity',
    },
    extension: (chosen, place, name) =>
      psql(
        chosen,
        place,
        databaseName(place.site),
        `CREATE EXTENSION IF NOT EXISTS "${name.replaceAll('"', '""')}" CASCADE`,
      ),
    extensionPackage: ({ version }, name) => `postgresql-${version}-${name}`,
  },
  connections: (_options, place) => {
    const name = databaseName(place.site);
    const host = paths(place).socketFolder;
    return [
      {
        kind: 'database',
        engine: 'postgresql',
        name,
        user: name,
        host,
        port: '',
        url: `postgresql://${name}@${encodeURIComponent(host)}/${name}`,
        passwordSecret: 'database-password',
      },
    ];
  },
  services: (chosen, place) => [
    dataService(place, {
      name: 'postgresql',
      files: files(place),
      command: [
        program(chosen, place, 'postgres'),
        '-D',
        paths(place).cluster,
        '-c',
        `config_file=${paths(place).settings}`,
      ],
      directory: paths(place).data,
      writable: [paths(place).socketFolder],
      readiness: {
        probe: {
          kind: 'command',
          command: [program(chosen, place, 'pg_isready'), '-q', '-h', paths(place).socketFolder],
        },
        // After a power cut it replays its log first, and killing it then would only make it begin again.
        timeoutSeconds: 600,
      },
      // 'Fast': transactions that are still open are rolled back, a checkpoint is written.
      stop: { signal: 'SIGINT', timeoutSeconds: 120, drain: drain(chosen, place) },
    }),
  ],
  releaseServices: () => [],
  container: postgresqlContainer,
});

function files(place: Place): readonly FileSpec[] {
  const { settings, access, names, socketFolder } = paths(place);
  const name = databaseName(place.site);
  const owner = { owner: 'root', group: 'site', mode: 0o640 } as const;
  const { site, build, component, daemon } = place.users;
  const users = [site?.name ?? daemon, ...(build ? [build.name] : [])];
  const administrator = component['postgresql']?.name ?? daemon;
  return [
    {
      path: settings,
      ...owner,
      content: serverSettings({ site: place.site, access, names, socketFolder, machine: place.machine }),
    },
    { path: access, ...owner, content: accessRules(name) },
    { path: names, ...owner, content: nameMap({ users, administrator, role: name }) },
  ];
}
