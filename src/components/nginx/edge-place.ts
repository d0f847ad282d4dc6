import { join } from 'node:path';

import { allAddresses, commonPaths, commonSitePaths, type EdgePlace, type EdgeSite, hostPlace } from '../edge/place.ts';
import type { Place } from '../place.ts';

/** What every address listens with. It must not be 511: NGINX takes that for an inherited socket's own and then may not listen on it. */
export const backlog = 4096;

/** Connections of each of NGINX's processes: 10,000 that somebody opens and leaves must not keep all others out. */
export const connections = 12_288;

/** RLIMIT_NOFILE of NGINX: a client and an upstream connection for each of its connections, and the cache of open files. */
export const openFiles = 40_960;

/** The host's NGINX as seen from a site's place, with all sites that it serves. */
export function edgePlace(
  place: Place,
  sites: readonly EdgeSite[],
  addresses: EdgePlace['addresses'] = allAddresses,
): EdgePlace {
  return {
    ...hostPlace(place, sites, addresses),
    program: join(place.machine.programs['nginx'] ?? '/usr/sbin', 'nginx'),
    modules,
    brotli: {
      static: place.machine.installed?.['brotliStatic'] ?? false,
      filter: place.machine.installed?.['brotliFilter'] ?? false,
    },
  };
}

const modules = '/usr/lib/nginx/modules';

/** The modules that need not be installed: absolute paths of their files. */
export const optionalModules = {
  brotliStatic: join(modules, 'ngx_http_brotli_static_module.so'),
  brotliFilter: join(modules, 'ngx_http_brotli_filter_module.so'),
} as const;

/** Every path below edge/ and its run folder that has a meaning. */
export function edgePaths(place: Pick<EdgePlace, 'folder' | 'run'>) {
  const { folder, run } = place;
  return {
    ...commonPaths(place),
    main: join(folder, 'nginx.conf'),
    types: join(folder, 'mime.types'),
    /** Which sites' files are included; written by `prepare` alone. */
    enabled: join(folder, 'enabled.conf'),
    prepare: join(folder, 'prepare'),
    start: join(folder, 'start'),
    sites: join(folder, 'sites'),
    temp: join(folder, 'temp'),
    log: join(folder, 'logs', 'nginx.log'),
    status: join(run, 'status.sock'),
    pid: join(run, 'nginx.pid'),
  };
}

/** A site's file below edge/, and what else it has there. */
export function sitePaths(folder: string, site: string) {
  return { ...commonSitePaths(folder, site), configuration: join(folder, 'sites', `${site}.conf`) };
}
