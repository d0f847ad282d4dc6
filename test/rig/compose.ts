import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Ran, runCommand } from './box.ts';
import { docker, engineSocket, must } from './engine.ts';
import { home } from './home.ts';
import { ensureServerImage, networkEnvironment } from './server.ts';

/** Docker Compose as people have it: Debian 13's, which runs on Debian 12 as well. Debian 12 has the first version alone, in Python. */
const composeProgram = join(home, 'docker-compose-debian-13');

/** Debian's own programs stand in for those of the images that others publish. */
const packages = ['nginx', 'postgresql', 'python3-venv', 'redis-server'];
const base = 'roadie-export-base:2';

/** Runs Docker Compose in an exported folder. */
export function compose(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return runCommand([composeProgram, '--progress', 'plain', ...words], {
    cwd: folder,
    environment: { DOCKER_HOST: `unix://${engineSocket}`, ...environment },
  });
}

/** Takes Docker Compose from Debian 13 where it is not there yet. Only its program: nothing of this machine is upgraded. */
export async function installCompose(): Promise<void> {
  if (existsSync(composeProgram)) return;
  const root = join(home, 'debian-13');
  await rm(root, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial', 'content'])
    await mkdir(join(root, folder), { recursive: true });
  const source =
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main\n';
  await writeFile(join(root, 'sources.list'), source);
  await writeFile(join(root, 'status'), '');
  // prettier-ignore
  const options = [`Dir::Etc::sourcelist=${root}/sources.list`, 'Dir::Etc::sourceparts=-', `Dir::State::lists=${root}/lists`,
    `Dir::State::status=${root}/status`, `Dir::Cache=${root}/cache`, 'Acquire::Languages=none', 'APT::Sandbox::User=root'];
  const apt = (...words: readonly string[]): Promise<Ran> =>
    must(runCommand(['apt-get', '--quiet', ...options.flatMap((option) => ['-o', option]), ...words], { cwd: root }));
  await apt('update');
  await apt('download', 'docker-compose');
  const archive = (await readdir(root)).find((name) => name.endsWith('.deb')) ?? '';
  await must(runCommand(['dpkg-deb', '--extract', join(root, archive), join(root, 'content')]));
  await rename(join(root, 'content/usr/libexec/docker/cli-plugins/docker-compose'), composeProgram);
  await rm(root, { recursive: true, force: true });
}

/**
 * Puts images under the names that an exported folder has them by: no registry is asked. They keep to what the published ones promise
 * of their paths, users, variables and first start. `names`: as the folder has them.
 */
export async function makeImages(names: readonly string[], scratch: string): Promise<void> {
  await mkdir(scratch, { recursive: true });
  if ((await docker('image', 'inspect', base)).code !== 0) await makeBase(scratch);
  await writeFile(join(scratch, 'entrypoint'), postgresEntrypoint, { mode: 0o755 });
  for (const name of names) {
    const lines = kinds.find(([start]) => name.startsWith(`${start}:`))?.[1];
    if (lines === undefined) throw new Error(`no image stands in for ${name}`);
    await writeFile(join(scratch, 'Dockerfile'), [`FROM ${base}`, ...lines, ''].join('\n'));
    await must(docker('build', '--tag', name, scratch));
  }
}

/** The images that a folder's files name. */
export async function imagesOf(folder: string): Promise<readonly string[]> {
  const file = await readFile(join(folder, 'Dockerfile'), 'utf8');
  const services = await readFile(join(folder, 'compose.yaml'), 'utf8');
  const named = [
    ...file.matchAll(/^FROM (\S+:\S+) AS/gm),
    ...services.matchAll(/^ {4}image: "((?:postgres|redis|mariadb|memcached):[^"]+)"/gm),
  ];
  return [...new Set(named.flatMap(([, name]) => name ?? []))];
}

const kinds: readonly (readonly [string, readonly string[]])[] = [
  ['python', ['RUN ln -s python3 /usr/bin/python']],
  ['nginx', []],
  ['redis', ['RUN install -d -o 999 -g 999 /data', 'WORKDIR /data', 'VOLUME /data']],
  [
    'postgres',
    [
      // systemd has users of its own there.
      `RUN sed -i -E '/^[^:]*:x:999:/d' /etc/passwd /etc/group && groupmod -g 999 postgres && usermod -u 999 -g 999 postgres`,
      'RUN install -d -o 999 -g 999 /var/lib/postgresql/data',
      'COPY entrypoint /usr/local/bin/docker-entrypoint.sh',
      'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data',
      'VOLUME /var/lib/postgresql/data',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["postgres"]',
    ],
  ],
];

/** As https://hub.docker.com/_/postgres describes it: a new folder of data is set up by the files beside it, on its socket alone. */
const postgresEntrypoint = `#!/bin/bash
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="$POSTGRES_USER" --pwfile=<(cat "$POSTGRES_PASSWORD_FILE") $POSTGRES_INITDB_ARGS
  printf "listen_addresses = '*'\\n" >>"$PGDATA/postgresql.conf"
  printf 'host all all all scram-sha-256\\n' >>"$PGDATA/pg_hba.conf"
  pg_ctl -o "-c listen_addresses=''" -w start
  for file in /docker-entrypoint-initdb.d/*.sql; do
    psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --no-password --dbname=postgres --file="$file"
  done
  pg_ctl -m fast -w stop
fi
exec "$@"
`;

/** From the image of a bare server, which other tests have need of as well. */
async function makeBase(scratch: string): Promise<void> {
  await writeFile(
    join(scratch, 'Dockerfile'),
    `FROM ${await ensureServerImage()}
RUN printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d \\
 && install -d /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf \\
 && apt-get update && apt-get install --yes --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt
${existsSync('/etc/pip.conf') ? 'COPY pip.conf /etc/pip.conf\n' : ''}`,
  );
  // This network's own package index, where it has any.
  if (existsSync('/etc/pip.conf')) await writeFile(join(scratch, 'pip.conf'), await readFile('/etc/pip.conf'));
  const proxies = Object.keys(networkEnvironment()).filter((name) => /_proxy$/i.test(name));
  await must(docker('build', '--tag', base, ...proxies.flatMap((name) => ['--build-arg', name]), scratch));
}
