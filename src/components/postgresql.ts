import { join } from 'node:path';

import * as z from 'zod';

import { component, type FileSpec, type GuardedCommand } from './component.ts';
import { dataService } from './data-service.ts';
import type { Place } from './place.ts';
import { databaseName, superuser } from './postgresql-names.ts';
import { accessRules, nameMap, serverSettings } from './postgresql-files.ts';
import { wantsOldDriver } from './postgresql-driver.ts';

const systemUser = 'postgres';

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
  kind: 'database',
  about:
    "A PostgreSQL server of the site's own, reachable only through a unix socket and only by the site's user; the database and its role are named like the site.",
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
  runsAs: { user: systemUser },
  folders: (_options, place) => [
    { path: paths(place).data, owner: 'component', group: 'component', mode: 0o700 },
    { path: paths(place).socketFolder, owner: 'component', group: 'site', mode: 0o750 },
    { path: paths(place).config, owner: 'root', group: 'site', mode: 0o750 },
  ],
  files: (_options, place) => files(place),
  setup: (chosen, place) => [
    cluster(chosen, place),
    role(chosen, place),
    database(chosen, place),
    ...(chosen.postgis ? [postgis(chosen, place)] : []),
  ],
  connection: (_options, place) => {
    const name = databaseName(place.site);
    const host = paths(place).socketFolder;
    return {
      kind: 'database',
      engine: 'postgresql',
      name,
      user: name,
      host,
      port: '',
      url: `postgresql://${name}@${encodeURIComponent(host)}/${name}`,
      passwordSecret: 'database-password',
    };
  },
  services: (chosen, place) => [
    dataService(place, {
      name: 'postgresql',
      systemUser,
      files: files(place),
      command: [
        program(chosen, place, 'postgres'),
        '-D',
        paths(place).cluster,
        '-c',
        `config_file=${paths(place).settings}`,
      ],
      directory: paths(place).data,
      readiness: {
        probe: {
          kind: 'command',
          command: [program(chosen, place, 'pg_isready'), '-q', '-h', paths(place).socketFolder],
        },
        // After a power cut it replays its log first, and killing it then would only make it begin again.
        timeoutSeconds: 600,
      },
      // 'Fast': open transactions are rolled back, a checkpoint is written.
      stop: { signal: 'SIGINT', timeoutSeconds: 120 },
    }),
  ],
  releaseServices: () => [],
});

function paths(place: Place) {
  const config = join(place.folders.config, 'postgresql');
  const data = join(place.folders.data, 'postgresql');
  return {
    config,
    settings: join(config, 'postgresql.conf'),
    access: join(config, 'pg_hba.conf'),
    names: join(config, 'pg_ident.conf'),
    data,
    cluster: join(data, 'cluster'),
    socketFolder: join(place.folders.run, 'postgresql'),
  };
}

function files(place: Place): readonly FileSpec[] {
  const { settings, access, names, socketFolder } = paths(place);
  const name = databaseName(place.site);
  const owner = { owner: 'root', group: 'site', mode: 0o640 } as const;
  const user = place.users.site?.name ?? place.users.daemon;
  const administrator = place.users.component[systemUser]?.name ?? place.users.daemon;
  return [
    {
      path: settings,
      ...owner,
      content: serverSettings({ site: place.site, access, names, socketFolder, machine: place.machine }),
    },
    { path: access, ...owner, content: accessRules(name) },
    { path: names, ...owner, content: nameMap({ user, administrator, role: name }) },
  ];
}

function program({ version }: Options, place: Place, name: string): string {
  return join(place.machine.programs['postgresql'] ?? `/usr/lib/postgresql/${version}/bin`, name);
}

/**
 * initdb writes PG_VERSION early, so a folder that has one may still be half made: it works beside, and the rename makes it
 * the cluster. Arguments after the script: the new folder, the cluster, initdb and its own arguments.
 */
const makeCluster = `set -eu
new=$1 cluster=$2; shift 2
rm -rf -- "$new"
"$@"
mv -T -- "$new" "$cluster"
sync "$(dirname "$cluster")"`;

function cluster(chosen: Options, place: Place): GuardedCommand {
  const { cluster: folder, data } = paths(place);
  const fresh = join(data, 'cluster.new');
  const initdb = [
    program(chosen, place, 'initdb'),
    `--pgdata=${fresh}`,
    `--username=${superuser}`,
    '--auth=peer',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
  ];
  return {
    title: 'PostgreSQL cluster',
    because: 'a PostgreSQL server needs its folder of data',
    unless: ['/usr/bin/test', '-f', join(folder, 'PG_VERSION')],
    run: ['/bin/sh', '-c', makeCluster, 'make-cluster', fresh, folder, ...initdb],
    as: 'component',
    environment: { LANG: 'C.UTF-8', PATH: '/usr/local/bin:/usr/bin:/bin' },
    when: 'before',
  };
}

function role(chosen: Options, place: Place): GuardedCommand {
  const name = databaseName(place.site);
  const attributes = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
  return {
    title: `PostgreSQL role ${name}`,
    because: 'the site connects as a role of its own, without a password and without special rights',
    unless: psql(
      chosen,
      place,
      superuser,
      `DO $$ BEGIN ASSERT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}' AND rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)), 'no such role'; END $$`,
    ),
    run: psql(
      chosen,
      place,
      superuser,
      `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') THEN CREATE ROLE "${name}"; END IF; ALTER ROLE "${name}" ${attributes}; END $$`,
    ),
    as: 'component',
    when: 'after',
  };
}

function database(chosen: Options, place: Place): GuardedCommand {
  const name = databaseName(place.site);
  return {
    title: `PostgreSQL database ${name}`,
    because: "the site's tables live in it; nobody else may connect",
    unless: psql(
      chosen,
      place,
      superuser,
      `DO $$ BEGIN ASSERT EXISTS (SELECT FROM pg_database d WHERE datname = '${name}' AND pg_get_userbyid(datdba) = '${name}' AND NOT has_database_privilege('public', d.oid, 'CONNECT')), 'no such database'; END $$`,
    ),
    // CREATE DATABASE stands in no transaction, so it is written by a query and run by \gexec.
    run: psql(chosen, place, superuser),
    input: `SELECT 'CREATE DATABASE "${name}" OWNER "${name}" TEMPLATE template0' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${name}') \\gexec
ALTER DATABASE "${name}" OWNER TO "${name}";
REVOKE CONNECT, TEMPORARY ON DATABASE "${name}" FROM PUBLIC;
REVOKE CONNECT ON DATABASE "${superuser}", template1 FROM PUBLIC;
`,
    as: 'component',
    when: 'after',
  };
}

function postgis(chosen: Options, place: Place): GuardedCommand {
  const name = databaseName(place.site);
  return {
    title: `PostGIS in database ${name}`,
    because: 'the project uses django.contrib.gis, and only the superuser can add PostGIS',
    unless: psql(
      chosen,
      place,
      name,
      `DO $$ BEGIN ASSERT EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis'), 'no PostGIS'; END $$`,
    ),
    run: psql(chosen, place, name, 'CREATE EXTENSION IF NOT EXISTS postgis'),
    as: 'component',
    when: 'after',
  };
}

/** psql as the superuser over the site's socket; without a statement it reads standard input. It stops at the first error. */
function psql(chosen: Options, place: Place, database: string, statement?: string): readonly [string, ...string[]] {
  return [
    program(chosen, place, 'psql'),
    '--no-psqlrc',
    '--quiet',
    '--set=ON_ERROR_STOP=1',
    `--host=${paths(place).socketFolder}`,
    `--username=${superuser}`,
    `--dbname=${database}`,
    ...(statement === undefined ? ['--file=-'] : [`--command=${statement}`]),
  ];
}
