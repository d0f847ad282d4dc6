import { join } from 'node:path';

import { allAddresses, commonPaths, commonSitePaths, type EdgePlace, type EdgeSite, hostPlace } from '../edge/place.ts';
import type { Place } from '../place.ts';

/** The host's Apache as seen from a site's place, with all sites that it serves. */
export function apachePlace(
  place: Place,
  sites: readonly EdgeSite[],
  addresses: EdgePlace['addresses'] = allAddresses,
): EdgePlace {
  return {
    ...hostPlace(place, sites, addresses),
    program: join(place.machine.programs['apache'] ?? '/usr/sbin', 'apache2'),
    modules: '/usr/lib/apache2/modules',
    // They come with Debian's apache2.
    brotli: { static: true, filter: true },
  };
}

/** Every path of Apache's that has a meaning: its own below edge/apache, so that nothing of another edge is in its way. */
export function apachePaths({ folder, run }: Pick<EdgePlace, 'folder' | 'run'>) {
  const own = join(folder, 'apache');
  return {
    ...commonPaths({ folder, run }),
    own,
    main: join(own, 'apache.conf'),
    types: join(own, 'mime.types'),
    /** Content types by ending, for files that are there in compressed copies. */
    codedTypes: join(own, 'coded.types'),
    /** Which sites' files are included; written by `prepare` alone. */
    enabled: join(own, 'enabled.conf'),
    prepare: join(own, 'prepare'),
    start: join(own, 'start'),
    sites: join(own, 'sites'),
    /** For names that no site has: a certificate for nobody, with its key; made by `prepare`. */
    nobody: join(own, 'nobody.pem'),
    log: join(folder, 'logs', 'apache.log'),
    pid: join(run, 'apache.pid'),
  };
}

/** A site's file, and what else it has below edge/. */
export function apacheSitePaths(folder: string, site: string) {
  return { ...commonSitePaths(folder, site), configuration: join(folder, 'apache', 'sites', `${site}.conf`) };
}
