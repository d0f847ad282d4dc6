import { dirname, join } from 'node:path';

import type { RunAs } from '../../services/service.ts';
import type { Place } from '../place.ts';

/** Where the one NGINX of a host lies and what it listens on, for all sites together. Paths are absolute. */
export type EdgePlace = {
  /** edge/: configuration, certificates, logs; root's. */
  readonly folder: string;
  /** /run/roadie/edge, gone at a reboot. */
  readonly run: string;
  /** The program itself, e.g. `/usr/sbin/nginx`. */
  readonly program: string;
  /** Where its dynamic modules are, e.g. `/usr/lib/nginx/modules`. */
  readonly modules: string;
  /** Which of the brotli modules are installed: for compressed files on disk, and for compressing on the way. */
  readonly brotli: { readonly static: boolean; readonly filter: boolean };
  /** Who the workers run as; absent without root, where all of NGINX is the current user. */
  readonly user?: RunAs;
  /** What to listen on; `::` only where the machine has IPv6. */
  readonly addresses: readonly [string, ...string[]];
  /** Every site of the host. */
  readonly sites: readonly EdgeSite[];
  readonly limits?: EdgeLimits;
};

/** What the host's configuration needs to know about a site. */
export type EdgeSite = { readonly name: string; readonly ports: { readonly http: number; readonly https: number } };

/** For one client address. Generous: many people can stand behind one address. */
export type EdgeLimits = {
  /** Requests per second that reach Django; four seconds' worth may come at once. */
  readonly requestsPerSecond: number;
  /** Requests under way at the same time. */
  readonly connections: number;
};

export const standardLimits: EdgeLimits = { requestsPerSecond: 100, connections: 512 };

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
  addresses: EdgePlace['addresses'] = ['0.0.0.0', '::'],
): EdgePlace {
  return {
    folder: place.folders.edge,
    run: place.folders.edgeRun,
    program: join(place.machine.programs['nginx'] ?? '/usr/sbin', 'nginx'),
    modules: '/usr/lib/nginx/modules',
    brotli: { static: place.machine.nginxBrotli, filter: place.machine.nginxBrotliFilter ?? false },
    ...(place.users.edge && { user: place.users.edge }),
    addresses,
    sites,
  };
}

/** NGINX's user in Debian; base-passwd makes it, so it is always there. */
export const edgeUser = 'www-data';

/** The daemon's socket for webhooks, from the folder that all run folders are in. The dot keeps it apart from sites. */
export function hookSocket(run: string): string {
  return join(run, '.webhook', 'webhook.sock');
}

/** Every path below edge/ and its run folder that has a meaning. */
export function edgePaths(place: Pick<EdgePlace, 'folder' | 'run'>) {
  const { folder, run } = place;
  return {
    main: join(folder, 'nginx.conf'),
    types: join(folder, 'mime.types'),
    /** Which sites' files are included; written by `prepare` alone. */
    enabled: join(folder, 'enabled.conf'),
    prepare: join(folder, 'prepare'),
    start: join(folder, 'start'),
    sites: join(folder, 'sites'),
    certificates: join(folder, 'certificates'),
    acme: join(folder, 'acme'),
    pages: join(folder, 'pages'),
    logs: join(folder, 'logs'),
    temp: join(folder, 'temp'),
    log: join(folder, 'logs', 'nginx.log'),
    status: join(run, 'status.sock'),
    pid: join(run, 'nginx.pid'),
    hook: hookSocket(dirname(run)),
  };
}

/** A site's file below edge/. */
export function sitePaths(folder: string, site: string) {
  return {
    configuration: join(folder, 'sites', `${site}.conf`),
    certificate: join(folder, 'certificates', site, 'fullchain.pem'),
    key: join(folder, 'certificates', site, 'key.pem'),
    accessLog: join(folder, 'logs', `${site}.access.log`),
  };
}

/** The ports of all sites, each once, in order. A port that is one site's HTTP and another's HTTPS can be neither: that is refused before it comes here. */
export function edgePorts(sites: readonly EdgeSite[]): {
  readonly http: readonly number[];
  readonly https: readonly number[];
} {
  const ports = (kind: 'http' | 'https') =>
    [...new Set(sites.map((site) => site.ports[kind]))].toSorted((a, b) => a - b);
  return { http: ports('http'), https: ports('https') };
}
