import * as z from 'zod';

import { onEachConnection } from '../../django/read/install.ts';
import { component, type FileSpec } from '../component.ts';
import { mariadbContainer } from './container.ts';
import { dataService } from '../data-service.ts';
import type { Place } from '../place.ts';
import { serverOptions } from './files.ts';
import { databaseName } from './names.ts';
import { administrator, client, paths, server } from './paths.ts';
import { mariadbSetup } from './setup.ts';
import { mariadbSnapshot } from './snapshot.ts';

const options = z.strictObject({
  driver: z
    .enum(['pymysql', 'mysqlclient'])
    .default('pymysql')
    .describe('What to add where the project declares no driver; PyMySQL needs no compiler'),
});

/** One MariaDB server for each site: on a unix socket only, accounts of the site's system users, durable as Debian has it. */
export const mariadbComponent = component<z.infer<typeof options>>({
  name: 'mariadb',
  title: 'MariaDB',
  aliases: ['mysql'],
  roles: ['database'],
  about:
    "A MariaDB server of the site's own, for projects that use MySQL or MariaDB: reachable only through a unix socket and only by the site's users, with utf8mb4, strict mode and time zones.",
  options,
  detect: (facts) =>
    facts.database.value === 'mysql' ? { options: { driver: 'pymysql' }, because: facts.database.because } : undefined,
  packages: ({ driver }) => ({
    debian: [
      'mariadb-server',
      'mariadb-client',
      'tzdata',
      ...(driver === 'mysqlclient'
        ? ['default-libmysqlclient-dev', 'gcc', 'libc6-dev', 'python3-dev', 'pkg-config']
        : []),
    ],
    python: [
      {
        requirement: driver === 'mysqlclient' ? 'mysqlclient>=2.1' : 'pymysql>=1.1',
        unless: ['mysqlclient', 'pymysql', 'mysql-connector-python'],
        because: "Django's MySQL driver: undeclared, added",
      },
    ],
  }),
  runsAs: 'own',
  folders: (_options, place) => [
    { path: paths(place).data, owner: 'component', group: 'component', mode: 0o700 },
    { path: paths(place).tmp, owner: 'component', group: 'component', mode: 0o700 },
    { path: paths(place).socketFolder, owner: 'component', group: 'site', mode: 0o750 },
    { path: paths(place).config, owner: 'root', group: 'site', mode: 0o750 },
  ],
  files: (_options, place) => files(place),
  setup: (_options, place) => mariadbSetup(place),
  connections: (_options, place) => {
    const name = databaseName(place.site);
    const user = place.users.site?.name ?? place.users.daemon;
    const host = paths(place).socket;
    return [
      {
        kind: 'database',
        engine: 'mysql',
        name,
        user,
        ownUser: true,
        host,
        port: '',
        url: `mysql://${user}@${encodeURIComponent(host)}/${name}`,
        passwordSecret: 'database-password',
      },
    ];
  },
  database: {
    engine: 'mysql',
    locks: {
      // What waits for a table that somebody uses waits for a day otherwise.
      limit: (seconds) => onEachConnection('mysql', `SET SESSION lock_wait_timeout = ${seconds}`),
      refused: /lock wait timeout exceeded/i,
      shownBy: 'SHOW FULL PROCESSLIST',
    },
    snapshot: (_options, place) => mariadbSnapshot(place),
  },
  services: (_options, place) => [
    dataService(place, {
      name: 'mariadb',
      files: files(place),
      command: [server(place), `--defaults-file=${paths(place).settings}`],
      directory: paths(place).data,
      writable: [paths(place).socketFolder],
      readiness: {
        // Exit 0 also where the account is refused: the server answers.
        probe: { kind: 'command', command: [...client('mariadb-admin', place, administrator(place)), 'ping'] },
        // After a power cut it replays its log first, and killing it then would only make it begin again.
        timeoutSeconds: 600,
      },
      stop: { signal: 'SIGTERM', timeoutSeconds: 120 },
    }),
  ],
  releaseServices: () => [],
  container: mariadbContainer,
});

function files(place: Place): readonly FileSpec[] {
  const { settings, databases, tmp, socket } = paths(place);
  const content = serverOptions({ site: place.site, databases, tmp, socket, machine: place.machine });
  return [{ path: settings, owner: 'root', group: 'site', mode: 0o640, content }];
}
