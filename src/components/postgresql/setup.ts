import { join } from 'node:path';

import type { GuardedCommand } from '../component.ts';
import { madeBeside } from '../made-beside.ts';
import type { Place } from '../place.ts';
import { databaseName, superuser } from './names.ts';
import { paths, program } from './paths.ts';
import { psql } from './psql.ts';

type Chosen = { readonly version: string; readonly postgis: boolean };

/** Cluster, role, database and extension: each made where it is missing, right again where it was changed. */
export function postgresqlSetup(chosen: Chosen, place: Place): readonly GuardedCommand[] {
  return [
    cluster(chosen, place),
    role(chosen, place),
    database(chosen, place),
    ...(chosen.postgis ? [postgis(chosen, place)] : []),
  ];
}

function cluster(chosen: Chosen, place: Place): GuardedCommand {
  const { cluster: folder } = paths(place);
  return {
    title: 'PostgreSQL cluster',
    because: 'a PostgreSQL server needs its folder of data',
    unless: ['/usr/bin/test', '-f', join(folder, 'PG_VERSION')],
    // initdb writes PG_VERSION early: where it stands, the cluster may still be half made.
    run: madeBeside(folder, (fresh) => [
      program(chosen, place, 'initdb'),
      `--pgdata=${fresh}`,
      `--username=${superuser}`,
      '--auth=peer',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--data-checksums',
    ]),
    as: 'component',
    environment: { LANG: 'C.UTF-8', PATH: '/usr/local/bin:/usr/bin:/bin' },
    when: 'before',
  };
}

function role(chosen: Chosen, place: Place): GuardedCommand {
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

function database(chosen: Chosen, place: Place): GuardedCommand {
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

function postgis(chosen: Chosen, place: Place): GuardedCommand {
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
