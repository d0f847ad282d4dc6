import type { ContainerFacet, ContainerSpec } from '../container.ts';
import type { Place } from '../place.ts';
import { databaseName, superuser } from './names.ts';

type Chosen = { readonly version: string; readonly postgis: boolean };

const host = 'postgresql';
const port = '5432';

/** The secret of the site's role, and the one of the superuser, which the site's containers do not get. */
const password = 'database-password';
const superuserPassword = 'database-superuser-password';

/**
 * The official image, on a network that only the site's containers are in. Over it no kernel says who connects, so there are
 * passwords; the site's role is no superuser, as on a machine.
 */
export const postgresqlContainer: ContainerFacet<Chosen> = {
  connections(_options, place) {
    const name = databaseName(place.site);
    const secret = place.secrets[password] ?? '';
    return [
      {
        kind: 'database',
        engine: 'postgresql',
        name,
        user: name,
        host,
        port,
        // As it is: the secret's letters and digits mean themselves in a URL.
        url: `postgresql://${name}:${secret}@${host}:${port}/${name}`,
        passwordSecret: password,
        password: secret,
      },
    ];
  },
  services: (options, place) => [service(options, place)],
  bringData: (_options, place) => ({
    file: 'a dump of the database by `pg_dump --no-owner --no-acl`, `dump.sql`',
    commands: [
      'docker compose up --detach --wait postgresql',
      `docker compose exec --no-TTY postgresql psql --username=${superuser} --dbname=${databaseName(place.site)} --command='SET ROLE "${databaseName(place.site)}"' --file=- < dump.sql`,
    ],
  }),
};

function service({ version, postgis }: Chosen, place: Place): ContainerSpec {
  const name = databaseName(place.site);
  return {
    name: 'postgresql',
    image: postgis ? `postgis/postgis:${version}-3.5` : `postgres:${version}-bookworm`,
    user: '999:999',
    environment: {
      POSTGRES_USER: superuser,
      POSTGRES_PASSWORD_FILE: `/run/secrets/${superuserPassword}`,
      POSTGRES_INITDB_ARGS: '--data-checksums --encoding=UTF8 --locale=C.UTF-8',
    },
    secrets: [password, superuserPassword],
    volumes: [{ name: 'postgresql', path: '/var/lib/postgresql/data' }],
    files: [
      {
        name: 'postgresql/site.sql',
        path: '/docker-entrypoint-initdb.d/site.sql',
        content: initialization(name, postgis),
      },
    ],
    temporary: ['/tmp', '/var/run/postgresql:uid=999,gid=999,mode=2775'],
    health: {
      // By TCP: while the image sets itself up for the first time, the server answers on its socket alone.
      command: ['pg_isready', '--quiet', '--host=127.0.0.1', `--username=${name}`, `--dbname=${name}`],
      intervalSeconds: 5,
      timeoutSeconds: 5,
      retries: 5,
      // After a power cut it replays its log first.
      startSeconds: 600,
    },
    // 'Fast': open transactions are rolled back, a checkpoint is written.
    stop: { signal: 'SIGINT', timeoutSeconds: 120 },
  };
}

/** Run once, by the superuser, when the volume is new. The password is read by psql itself: it stands in no command line. */
function initialization(name: string, postgis: boolean): string {
  return `\\set password \`cat /run/secrets/${password}\`
CREATE ROLE "${name}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE "${name}" OWNER "${name}" TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE "${name}" FROM PUBLIC;
REVOKE CONNECT ON DATABASE "${superuser}", template1 FROM PUBLIC;
${postgis ? `\\connect "${name}"\nCREATE EXTENSION IF NOT EXISTS postgis;\n` : ''}`;
}
