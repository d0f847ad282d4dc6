import { join } from 'node:path';

import type { Place } from '../place.ts';

/** Where a site's PostgreSQL lies. The cluster has a folder above it that is the server's, so that it can be made beside and renamed. */
export function paths(place: Place) {
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

/** A program of one major version; Debian keeps a folder for each. */
export function program({ version }: { readonly version: string }, place: Place, name: string): string {
  return join(place.machine.programs['postgresql'] ?? `/usr/lib/postgresql/${version}/bin`, name);
}
