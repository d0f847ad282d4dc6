import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { installPackages } from '../../src/machine/packages/packages.ts';
import { type Ran, runCommand } from './box.ts';
import { copyAuthorities, docker, engineSocket, home, importImage, must } from './engine.ts';

/** Docker Compose as people have it. Debian 12 has the first version alone, whose file format is another; Go checks what it fetches. */
const composeVersion = '2.40.3';
const composeProgram = join(home, `docker-compose-${composeVersion}`);

/** Debian's own programs stand in for those of the images that others publish. */
const packages = ['ca-certificates', 'curl', 'nginx', 'postgresql', 'python3', 'python3-venv', 'redis-server'];
const base = 'roadie-export-base:1';

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

/** Makes Docker Compose from its source where it is not there yet: some minutes, once. */
export async function installCompose(): Promise<void> {
  if (existsSync(composeProgram)) return;
  const go = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/go/bin']
    .map((folder) => join(folder, 'go'))
    .find((path) => existsSync(path));
  if (go === undefined) throw new Error('there is no Go on this machine, from which Docker Compose is made');
  await mkdir(home, { recursive: true, mode: 0o711 });
  const fetched = await must(
    runCommand([go, 'mod', 'download', '-json', `github.com/docker/compose/v2@v${composeVersion}`]),
  );
  const { Dir: folder } = JSON.parse(fetched.stdout) as { readonly Dir: string };
  const fresh = `${composeProgram}.new`;
  await must(runCommand([go, 'build', '-trimpath', '-ldflags', '-s -w', '-o', fresh, './cmd'], { cwd: folder }));
  await rename(fresh, composeProgram);
}

/**
 * Puts images under the names that an exported folder has them by: no registry is asked. They keep to what the published ones promise
 * of their paths, users, variables and first start. `names`: as the folder has them.
 */
export async function makeImages(names: readonly string[], scratch: string): Promise<void> {
  if ((await docker('image', 'inspect', base)).code !== 0) await makeBase();
  await mkdir(scratch, { recursive: true });
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
      'RUN groupmod -g 999 postgres && usermod -u 999 -g 999 postgres && install -d -o 999 -g 999 /var/lib/postgresql/data',
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

async function makeBase(): Promise<void> {
  await installPackages(['debootstrap'], { journal: join(home, 'packages.json') });
  const root = join(home, 'export-base');
  await rm(root, { recursive: true, force: true });
  await must(
    runCommand(['/usr/sbin/debootstrap', '--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', root]),
  );
  await rm(join(root, 'var/cache/apt/archives'), { recursive: true, force: true });
  // This network's own authorities and package index, where it has any.
  await copyAuthorities(root);
  if (existsSync('/etc/pip.conf')) await writeFile(join(root, 'etc/pip.conf'), await readFile('/etc/pip.conf'));
  await importImage(root, base, ['ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt']);
  await rm(root, { recursive: true, force: true });
}
