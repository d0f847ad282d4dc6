import { dirname, join } from 'node:path';

import type { RunAs } from '../../services/service.ts';
import type { Place } from '../place.ts';

/** Where the one edge of a host lies and what it listens on, for all sites together. Paths are absolute. */
export type EdgePlace = {
  /** edge/: configuration, certificates, logs; root's. */
  readonly folder: string;
  /** /run/roadie/edge, gone at a reboot. */
  readonly run: string;
  /** The program itself. */
  readonly program: string;
  /** Where its loadable modules are. */
  readonly modules: string;
  /** Which ways of Brotli are installed: for compressed files on disk, and for compressing on the way. */
  readonly brotli: { readonly static: boolean; readonly filter: boolean };
  /** Who the workers run as; absent without root, where all of it is the current user. */
  readonly user?: RunAs;
  /** Of the machine. */
  readonly cores: number;
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

/** Who the workers run as: the user of web servers in Debian; base-passwd makes it, so it is always there. */
export const edgeUser = 'www-data';

/** What every edge listens on where nothing else is said. */
export const allAddresses: EdgePlace['addresses'] = ['0.0.0.0', '::'];

/** The part of an edge's place that follows from a site's. */
export function hostPlace(
  place: Place,
  sites: readonly EdgeSite[],
  addresses: EdgePlace['addresses'],
): Pick<EdgePlace, 'folder' | 'run' | 'cores' | 'addresses' | 'sites'> & Partial<Pick<EdgePlace, 'user'>> {
  return {
    folder: place.folders.edge,
    run: place.folders.edgeRun,
    cores: place.machine.cores,
    ...(place.users.edge && { user: place.users.edge }),
    addresses,
    sites,
  };
}

/** The daemon's socket for webhooks, from the folder that all run folders are in. The dot keeps it apart from sites. */
export function hookSocket(run: string): string {
  return join(run, '.webhook', 'webhook.sock');
}

/** What has a meaning below edge/ and its run folder, whatever serves. */
export function commonPaths({ folder, run }: Pick<EdgePlace, 'folder' | 'run'>) {
  return {
    certificates: join(folder, 'certificates'),
    acme: join(folder, 'acme'),
    pages: join(folder, 'pages'),
    logs: join(folder, 'logs'),
    hook: hookSocket(dirname(run)),
  };
}

/** What of a site lies below edge/, whatever serves. */
export function commonSitePaths(folder: string, site: string) {
  return {
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
