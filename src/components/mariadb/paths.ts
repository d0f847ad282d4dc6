import { join } from 'node:path';

import type { Place } from '../place.ts';

/** Where a site's MariaDB lies. The data has a folder above it that is the server's, so that it can be made beside and renamed. */
export function paths(place: Place) {
  const config = join(place.folders.config, 'mariadb');
  const data = join(place.folders.data, 'mariadb');
  const socketFolder = join(place.folders.run, 'mariadb');
  return {
    config,
    settings: join(config, 'mariadb.cnf'),
    data,
    databases: join(data, 'databases'),
    tmp: join(data, 'tmp'),
    socketFolder,
    socket: join(socketFolder, 'mariadb.sock'),
  };
}

/** The server itself. */
export function server(place: Place): string {
  return join(place.machine.programs['mariadb'] ?? '/usr/sbin', 'mariadbd');
}

/** A client program, with whom it is to be and where it finds the server; the machine's own option files have no say. */
export function client(name: string, place: Place, user: string): readonly [string, ...string[]] {
  return [join('/usr/bin', name), '--no-defaults', `--socket=${paths(place).socket}`, `--user=${user}`];
}

/** The account that may do everything: named like the server's own system user, which alone may use it. */
export function administrator(place: Place): string {
  return place.users.component['mariadb']?.name ?? place.users.daemon;
}
