import { join } from 'node:path';

import type { GuardedCommand } from '../component.ts';
import { madeBeside } from '../made-beside.ts';
import type { Place } from '../place.ts';
import { databaseName } from './names.ts';
import { administrator, client, paths } from './paths.ts';

/** Data folder, system tables of this version, accounts, database and time zones: each made where it is missing, right again where it was changed. */
export function mariadbSetup(place: Place): readonly GuardedCommand[] {
  return [dataFolder(place), upgrade(place), access(place), timeZones(place)];
}

function dataFolder(place: Place): GuardedCommand {
  const { databases, tmp } = paths(place);
  return {
    title: "MariaDB's data folder",
    because: 'a MariaDB server needs its folder of data',
    unless: ['/usr/bin/test', '-d', join(databases, 'mysql')],
    // The installer leaves a folder half made where it is killed.
    run: madeBeside(databases, (fresh) => [
      '/usr/bin/mariadb-install-db',
      '--no-defaults',
      `--datadir=${fresh}`,
      `--tmpdir=${tmp}`,
      '--auth-root-authentication-method=socket',
      `--auth-root-socket-user=${administrator(place)}`,
      '--skip-test-db',
      '--skip-name-resolve',
    ]),
    as: 'component',
    environment: { LANG: 'C.UTF-8', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin' },
    when: 'before',
  };
}

/** Data that an earlier version has written: its tables of accounts and rights are brought to those of this version. */
function upgrade(place: Place): GuardedCommand {
  const command = client('mariadb-upgrade', place, administrator(place));
  return {
    title: "MariaDB's system tables",
    because: 'another version of the server has written them',
    // Its check exits with 0 where there is something to do.
    unless: ['/bin/sh', '-c', '! "$@" >/dev/null 2>&1', 'is-current', ...command, '--check-if-upgrade-is-needed'],
    run: [...command, '--silent'],
    as: 'component',
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
    when: 'after',
  };
}

/**
 * The accounts of the site's users and their database. Where the kernel says who is calling, MariaDB lets in an account of that
 * very name; the server's own account has all rights already.
 */
function access(place: Place): GuardedCommand {
  const name = databaseName(place.site);
  const users = siteUsers(place);
  const known = [
    `(SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '${name}' AND default_character_set_name = 'utf8mb4') = 1`,
    ...users.map(
      (user) =>
        `(SELECT COUNT(*) FROM mysql.global_priv WHERE User = '${user}' AND Host = 'localhost' AND JSON_VALUE(Priv, '$.plugin') = 'unix_socket' AND JSON_VALUE(Priv, '$.access') = 0) = 1`,
    ),
    ...users.map(
      (user) =>
        `(SELECT COUNT(*) FROM mysql.db WHERE User = '${user}' AND Host = 'localhost' AND Db = '${pattern(name)}' AND Insert_priv = 'Y' AND Create_priv = 'Y' AND Drop_priv = 'Y') = 1`,
    ),
  ].join(' AND ');
  const accounts = users.map(
    (user) => `CREATE USER IF NOT EXISTS '${user}'@'localhost' IDENTIFIED VIA unix_socket;
ALTER USER '${user}'@'localhost' IDENTIFIED VIA unix_socket;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM '${user}'@'localhost';
GRANT ALL PRIVILEGES ON \`${name.replaceAll('_', String.raw`\_`)}\`.* TO '${user}'@'localhost';
`,
  );
  return {
    title: `MariaDB database ${name}`,
    because: "the site's tables live in it; its users connect without a password and without special rights",
    unless: [
      ...client('mariadb', place, administrator(place)),
      '--delimiter=//',
      `--execute=BEGIN NOT ATOMIC IF NOT (${known}) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not as it should be'; END IF; END`,
    ],
    run: client('mariadb', place, administrator(place)),
    input: `CREATE DATABASE IF NOT EXISTS \`${name}\`;
ALTER DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
${accounts.join('')}`,
    as: 'component',
    when: 'after',
  };
}

/** Who connects besides the server's own user. Without root that is the only one there is. */
function siteUsers(place: Place): readonly string[] {
  const { site, build } = place.users;
  return [site, build].flatMap((user) => (user ? [user.name] : [])).filter((name) => name !== administrator(place));
}

/** The name as mysql.db keeps it, in a literal: there '_' stands for any character unless it is escaped. */
function pattern(name: string): string {
  return name.replaceAll('_', String.raw`\\_`);
}

/**
 * Django converts between time zones in the database. What was loaded stands in the last table's comment, written once all is
 * loaded. Arguments: the folder for temporary files, the client.
 */
const loadZones = `set -eu
file="$1/time-zones.sql"; shift
{ mariadb-tzinfo-to-sql /usr/share/zoneinfo 2>/dev/null || [ $? -eq 1 ]; } >"$file"
"$@" mysql <"$file"
"$@" mysql --execute="ALTER TABLE time_zone_transition_type COMMENT = '$(head -n 1 /usr/share/zoneinfo/tzdata.zi)'"
rm -f -- "$file"`;

const hasZones = `[ "$("$@" --skip-column-names --execute="SELECT table_comment FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name = 'time_zone_transition_type'")" = "$(head -n 1 /usr/share/zoneinfo/tzdata.zi)" ]`;

function timeZones(place: Place): GuardedCommand {
  const command = client('mariadb', place, administrator(place));
  const environment = { LANG: 'C.UTF-8', PATH: '/usr/local/bin:/usr/bin:/bin' };
  return {
    title: "MariaDB's time zones",
    because: 'Django converts dates between time zones in the database',
    unless: ['/bin/sh', '-c', hasZones, 'has-zones', ...command],
    run: ['/bin/sh', '-c', loadZones, 'load-zones', paths(place).tmp, ...command],
    as: 'component',
    environment,
    when: 'after',
  };
}
