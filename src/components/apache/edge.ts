import { join } from 'node:path';

import type { ServiceSpec } from '../../services/service.ts';
import type { FileSpec, FolderSpec } from '../component.ts';
import { accessLogs } from '../edge/access-log.ts';
import type { EdgeFacet } from '../edge/edge.ts';
import { commonFolders } from '../edge/folders.ts';
import { type EdgePlace, edgePorts } from '../edge/place.ts';
import { unavailablePage } from '../edge/unavailable-page.ts';
import { standardRestart } from '../standard-restart.ts';
import { codedTypes, graceSeconds, mainConfiguration, mimeTypes } from './main-configuration.ts';
import { apachePaths, apachePlace, apacheSitePaths } from './place.ts';
import { prepareScript, startScript } from './scripts.ts';
import { siteConfiguration } from './site-configuration.ts';

function folders(place: EdgePlace): readonly FolderSpec[] {
  const paths = apachePaths(place);
  return [
    ...commonFolders(place),
    { path: paths.own, owner: 'root', group: 'root', mode: 0o755 },
    // Whose sites there are, and with which names, is nobody's to read but the master's, which is root.
    { path: paths.sites, owner: 'root', group: 'root', mode: 0o700 },
  ];
}

function files(place: EdgePlace): readonly FileSpec[] {
  const paths = apachePaths(place);
  const file = (path: string, mode: number, content: string): FileSpec => ({
    path,
    owner: 'root',
    group: 'root',
    mode,
    content,
  });
  return [
    file(paths.types, 0o644, mimeTypes()),
    file(paths.codedTypes, 0o644, codedTypes()),
    file(join(paths.pages, 'unavailable.html'), 0o644, unavailablePage),
    file(paths.prepare, 0o755, prepareScript(place)),
    file(paths.start, 0o755, startScript(place)),
    file(paths.main, 0o644, mainConfiguration(place)),
  ];
}

/**
 * Apache as a service. It opens its ports by itself: Debian's build takes none over from a supervisor (no LISTEN_FDS), so they are
 * closed from its death to its next start.
 */
function service(place: EdgePlace): ServiceSpec {
  const paths = apachePaths(place);
  const { http, https } = edgePorts(place.sites);
  const [first = 443] = https;
  return {
    group: 'edge',
    name: 'apache',
    command: ['/bin/sh', paths.start],
    directory: '/',
    environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    sockets: [],
    passing: 'none',
    listen: [...http, ...https],
    after: [],
    readiness: { probe: { kind: 'connect-tcp', host: '127.0.0.1', port: first }, timeoutSeconds: 20 },
    stop: { signal: 'SIGWINCH', timeoutSeconds: graceSeconds + 5 },
    restart: standardRestart,
    replace: 'reload',
    // SIGHUP would break off what is under way.
    reloadSignal: 'SIGUSR1',
    log: { path: paths.log, maxBytes: 10 * 1024 * 1024, keep: 3 },
    ownLogs: { ...accessLogs(paths.logs), reopenSignal: 'SIGUSR1' },
    ...(place.user && { openFiles: 16_384 }),
  };
}

/** Apache as the edge. */
export const apacheEdge: EdgeFacet = {
  place: apachePlace,
  folders,
  files,
  siteFile: (place, input) => ({
    path: apacheSitePaths(place.folder, input.site).configuration,
    owner: 'root',
    group: 'root',
    mode: 0o600,
    content: siteConfiguration(input, apachePaths(place).codedTypes),
  }),
  service,
  paths(place) {
    const { prepare, pid } = apachePaths(place);
    return { prepare, pid, site: (name) => apacheSitePaths(place.folder, name).configuration };
  },
  shortcomings: [
    'its ports are closed while it restarts, so a crash or an upgrade refuses visitors for a moment; NGINX is given its sockets, and nobody is refused',
    'it has no limit of requests for each address',
    "a WebSocket or a stream that is silent for longer than the application's time-out is cut; NGINX keeps it for an hour",
    'it passes a request on while it is still coming in, so a slow upload keeps a thread of the application busy',
    "it looks for links on the way to an upload before it opens the file, not in one go: a site that wins that race could have another site's files served",
  ],
};
