import { join } from 'node:path';

import type { ServiceSpec, SocketSpec } from '../../services/service.ts';
import type { FileSpec, FolderSpec } from '../component.ts';
import type { EdgeFacet } from '../edge/edge.ts';
import { commonFolders } from '../edge/folders.ts';
import { accessLogs } from '../edge/access-log.ts';
import { type EdgePlace, edgePorts } from '../edge/place.ts';
import type { SiteInput } from '../edge/site-input.ts';
import { unavailablePage } from '../edge/unavailable-page.ts';
import { standardRestart } from '../standard-restart.ts';
import { edgePaths, edgePlace, openFiles, sitePaths } from './edge-place.ts';
import { mainConfiguration } from './main-configuration.ts';
import { prepareScript, startScript } from './scripts.ts';
import { siteConfiguration } from './site-configuration.ts';
import { mimeTypes } from './types.ts';

/** The folders of the host's NGINX, parents first. NGINX itself makes those below `temp` and gives them to its workers. */
export function edgeFolders(place: EdgePlace): readonly FolderSpec[] {
  const paths = edgePaths(place);
  return [
    ...commonFolders(place),
    // Whose sites there are, and with which names, is nobody's to read but the master's, which is root.
    { path: paths.sites, owner: 'root', group: 'root', mode: 0o700 },
    { path: paths.temp, owner: 'root', group: 'edge', mode: 0o710 },
  ];
}

/** The files of the host's NGINX that are not one site's. */
export function edgeFiles(place: EdgePlace): readonly FileSpec[] {
  const paths = edgePaths(place);
  const file = (path: string, mode: number, content: string): FileSpec => ({
    path,
    owner: 'root',
    group: 'root',
    mode,
    content,
  });
  return [
    file(paths.types, 0o644, mimeTypes()),
    file(join(paths.pages, 'unavailable.html'), 0o644, unavailablePage),
    file(paths.prepare, 0o755, prepareScript(place)),
    file(paths.start, 0o755, startScript(place)),
    file(paths.main, 0o644, mainConfiguration(place)),
  ];
}

/** One site's file. It is in force once `prepare` has accepted it and NGINX was told to reload. */
export function siteFile(edge: EdgePlace, input: SiteInput): FileSpec {
  return {
    path: sitePaths(edge.folder, input.site).configuration,
    owner: 'root',
    group: 'root',
    mode: 0o600,
    content: siteConfiguration(input),
  };
}

/**
 * NGINX as a service. The supervisor owns all of its sockets, so none of them closes when it dies. A socket for `::` must be
 * IPv6 only, and all must be non-blocking: NGINX takes an inherited socket as it is.
 */
export function edgeService(place: EdgePlace): ServiceSpec {
  const paths = edgePaths(place);
  return {
    group: 'edge',
    name: 'nginx',
    command: ['/bin/sh', paths.start],
    directory: '/',
    environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    sockets: edgeSockets(place),
    passing: 'nginx',
    after: [],
    // Not a connection to a port: the supervisor's own socket takes that whether NGINX lives or not.
    readiness: {
      probe: { kind: 'http', socket: paths.status, path: '/ready', host: 'roadie', headers: {}, expect: 200 },
      timeoutSeconds: 20,
    },
    // A stop waits so long for what is under way.
    stop: { signal: 'SIGQUIT', timeoutSeconds: 35 },
    restart: standardRestart,
    replace: 'reload',
    reloadSignal: 'SIGHUP',
    log: { path: paths.log, maxBytes: 10 * 1024 * 1024, keep: 3 },
    ownLogs: { ...accessLogs(paths.logs), reopenSignal: 'SIGUSR1' },
    // A reload leaves as many as there are cores. Some 7 MB each.
    oldWorkers: { title: 'nginx: worker process is shutting down', most: Math.max(16, 4 * place.cores) },
    ...(place.user && { openFiles }),
  };
}

function edgeSockets(place: EdgePlace): readonly SocketSpec[] {
  const { http, https } = edgePorts(place.sites);
  const tcp = [...http, ...https].flatMap((port) =>
    place.addresses.map((host): SocketSpec => ({ kind: 'tcp', host, port })),
  );
  return tcp;
}

/** NGINX as the edge. */
export const nginxEdge: EdgeFacet = {
  place: edgePlace,
  folders: edgeFolders,
  files: edgeFiles,
  siteFile,
  service: edgeService,
  paths(place) {
    const { prepare, pid } = edgePaths(place);
    return { prepare, pid, site: (name) => sitePaths(place.folder, name).configuration };
  },
  workerTitle: 'nginx: worker process',
  shortcomings: [],
};
