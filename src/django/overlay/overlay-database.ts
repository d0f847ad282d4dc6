import type { Connection } from '../connection.ts';
import type { DatabaseEngine, Override, Probe, Purpose } from '../facts.ts';

type Database = Extract<Connection, { kind: 'database' }>;

/** What the default database must become, where it isn't the site's own and the owner has not named another. */
export function databaseOverrides(
  probe: Probe,
  connections: readonly Connection[],
  chosen: ReadonlySet<Purpose>,
): readonly Override[] {
  const database = connections.find((connection) => connection.kind === 'database');
  if (!database || chosen.has('database-url') || chosen.has('database-host')) return [];
  const found = probe.databases['default'];
  const family = found && engineFamily(found.engine);
  if (database.engine === 'sqlite') return sqlite(database, found, family);
  return [
    ...address(probe, database, found, family),
    ...(database.engine === 'mysql' ? mysqlOptions(found, family) : []),
  ];
}

function address(
  probe: Probe,
  database: Database,
  found: Probe['databases'][string] | undefined,
  family: DatabaseEngine | undefined,
): readonly Override[] {
  const own: readonly Override[] =
    database.ownUser === true
      ? [
          {
            setting: 'DATABASES.default.USER',
            value: { systemUser: true },
            because: 'the server lets each system user in by its own name',
          },
        ]
      : [];
  if (
    found &&
    family === database.engine &&
    found.name === database.name &&
    found.host === database.host &&
    found.user === database.user &&
    (found.port === database.port || found.port === '')
  )
    return own;
  const engine =
    found && family === database.engine
      ? found.engine
      : djangoEngine(database.engine, probe.installedApps.includes('django.contrib.gis'));
  const value = {
    merge: {
      ENGINE: engine,
      NAME: database.name,
      USER: database.user,
      PASSWORD: database.password ?? '',
      HOST: database.host,
      PORT: database.port,
    },
  };
  const undecoded = database.host !== '' && found?.host.includes(encodeURIComponent(database.host)) === true;
  const named = found ? `${family ?? found.engine}${found.host === '' ? '' : ` on ${found.host}`}` : 'no database';
  return [
    {
      setting: 'DATABASES.default',
      value,
      because: undecoded
        ? "the settings leave the socket's path as it is written in the URL"
        : `the settings name ${named}; the site has its own ${titles[database.engine]}`,
    },
    ...own,
    // Options of one engine mean nothing to another, and the driver would refuse them.
    ...(family === database.engine || !found || found.options.length === 0
      ? []
      : [
          { setting: 'DATABASES.default.OPTIONS', value: {}, because: `they were meant for ${family ?? found.engine}` },
        ]),
  ];
}

/** Django before 5.2 speaks to MySQL in three bytes a character, and loses what needs four. The server has strict mode itself. */
function mysqlOptions(
  found: Probe['databases'][string] | undefined,
  family: DatabaseEngine | undefined,
): readonly Override[] {
  if (family === 'mysql' && found?.options.some((option) => ['charset', 'read_default_file'].includes(option)))
    return [];
  return [
    {
      setting: 'DATABASES.default.OPTIONS',
      value: { merge: { charset: 'utf8mb4' } },
      because: 'every character shall come through, an emoji as well',
    },
  ];
}

function sqlite(
  database: Database,
  found: Probe['databases'][string] | undefined,
  family: DatabaseEngine | undefined,
): readonly Override[] {
  if (family !== undefined && family !== 'sqlite') return [];
  const result: Override[] = [];
  if (found?.name !== database.name) {
    const value = {
      merge: {
        ENGINE: found && family === 'sqlite' ? found.engine : djangoEngine('sqlite', false),
        NAME: database.name,
      },
    };
    result.push({
      setting: 'DATABASES.default',
      value,
      because: "the data must outlive a release: it is kept in the site's data folder",
    });
  }
  if (!found?.options.includes('init_command')) {
    const options = {
      init_command: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;',
      transaction_mode: 'IMMEDIATE',
    };
    result.push({
      setting: 'DATABASES.default.OPTIONS',
      value: { merge: options },
      because: 'with a write-ahead log, readers and a writer do not wait for each other',
    });
  }
  return result;
}

/** The kind of server behind one of Django's database backends, its spatial and third-party relatives included. */
export function engineFamily(engine: string): DatabaseEngine | undefined {
  if (/postg|psycopg/i.test(engine)) return 'postgresql';
  if (/mysql|mariadb/i.test(engine)) return 'mysql';
  return /sqlite|spatialite/i.test(engine) ? 'sqlite' : undefined;
}

/** Django's own backend for an engine. */
export function djangoEngine(engine: DatabaseEngine, spatial: boolean): string {
  if (!spatial) return `django.db.backends.${engine === 'sqlite' ? 'sqlite3' : engine}`;
  return `django.contrib.gis.db.backends.${{ postgresql: 'postgis', mysql: 'mysql', sqlite: 'spatialite' }[engine]}`;
}

const titles: Readonly<Record<DatabaseEngine, string>> = {
  postgresql: 'PostgreSQL',
  mysql: 'MariaDB',
  sqlite: 'SQLite',
};
