import type { ContainerFacet, ContainerSpec } from '../container.ts';
import type { Place } from '../place.ts';
import { containerOptions } from './files.ts';
import { databaseName } from './names.ts';

const host = 'mariadb';
const port = '3306';

/** The secret of the site's account, and the one of the administrator, which the site's containers do not get. */
const password = 'database-password';
const administratorPassword = 'database-superuser-password';

/**
 * The official image, on a network that only the site's containers are in. Over it no kernel says who connects, so there are
 * passwords; the site's account has its own database, as on a machine.
 */
export const mariadbContainer: ContainerFacet<unknown> = {
  connections(_options, place) {
    const name = databaseName(place.site);
    const secret = place.secrets[password] ?? '';
    return [
      {
        kind: 'database',
        engine: 'mysql',
        name,
        user: name,
        host,
        port,
        // As it is: the secret's letters and digits mean themselves in a URL.
        url: `mysql://${name}:${secret}@${host}:${port}/${name}`,
        passwordSecret: password,
        password: secret,
      },
    ];
  },
  services: (_options, place) => [service(place)],
  bringData: (_options, place) => {
    const name = databaseName(place.site);
    return {
      file: 'a dump of the database by `mariadb-dump --single-transaction`, `dump.sql`',
      commands: [
        'docker compose up --detach --wait mariadb',
        `docker compose exec --no-TTY mariadb sh -c 'MYSQL_PWD="$(cat /run/secrets/${password})" exec mariadb --user=${name} ${name}' < dump.sql`,
      ],
    };
  },
};

function service(place: Place): ContainerSpec {
  const name = databaseName(place.site);
  return {
    name: host,
    image: 'mariadb:10.11',
    user: '999:999',
    // What the image does once, when the volume is new: the account, its database, the time zones.
    environment: {
      MARIADB_ROOT_PASSWORD_FILE: `/run/secrets/${administratorPassword}`,
      MARIADB_ROOT_HOST: 'localhost',
      MARIADB_DATABASE: name,
      MARIADB_USER: name,
      MARIADB_PASSWORD_FILE: `/run/secrets/${password}`,
      MARIADB_AUTO_UPGRADE: '1',
    },
    secrets: [password, administratorPassword],
    volumes: [{ name: 'mariadb', path: '/var/lib/mysql' }],
    files: [
      {
        name: 'mariadb/site.cnf',
        path: '/etc/mysql/conf.d/site.cnf',
        content: containerOptions(place.machine),
      },
    ],
    temporary: ['/tmp', '/run/mysqld:uid=999,gid=999,mode=0755'],
    health: {
      // By TCP: while the image sets itself up for the first time, the server answers on its socket alone. Exit 0 also where the
      // account is refused: the server answers.
      command: ['mariadb-admin', '--no-defaults', '--protocol=tcp', '--host=127.0.0.1', 'ping'],
      intervalSeconds: 5,
      timeoutSeconds: 5,
      retries: 5,
      // After a power cut it replays its log first.
      startSeconds: 600,
    },
    stop: { signal: 'SIGTERM', timeoutSeconds: 120 },
  };
}
