import { join } from 'node:path';

import type { ServiceSpec, SocketSpec } from '../../services/service.ts';
import { standardRestart } from '../standard-restart.ts';
import type { FileSpec, FolderSpec, ReleaseView } from '../component.ts';
import { canonical, isBelow } from '../paths.ts';
import type { Place } from '../place.ts';
import { edgePaths, edgePorts, openFiles, sitePaths, type EdgePlace } from './edge-place.ts';
import { mainConfiguration } from './main-configuration.ts';
import { mimeTypes } from './mime-types.ts';
import { prepareScript, startScript } from './scripts.ts';
import { hstsOf } from './security-headers.ts';
import { isFolderUrl, siteConfiguration, type ServedFolder, type SiteInput } from './site-configuration.ts';
import { unavailablePage } from './unavailable-page.ts';

/** The folders of the host's NGINX, parents first. NGINX itself makes those below `temp` and gives them to its workers. */
export function edgeFolders(place: EdgePlace): readonly FolderSpec[] {
  const paths = edgePaths(place);
  const open = (path: string): FolderSpec => ({ path, owner: 'root', group: 'root', mode: 0o755 });
  return [
    open(place.folder),
    // Whose sites there are, and with which names, is nobody's to read but the master's, which is root.
    { path: paths.sites, owner: 'root', group: 'root', mode: 0o700 },
    open(paths.pages),
    open(paths.acme),
    open(join(paths.acme, '.well-known')),
    open(join(paths.acme, '.well-known', 'acme-challenge')),
    { path: paths.certificates, owner: 'root', group: 'root', mode: 0o700 },
    // The workers open their logs anew by name when these are rotated.
    { path: paths.logs, owner: 'root', group: 'edge', mode: 0o750 },
    { path: paths.temp, owner: 'root', group: 'edge', mode: 0o710 },
    { path: place.run, owner: 'root', group: 'root', mode: 0o700 },
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

/** What a site's file is made from, for a site at its place with a release. `static` and `media` must not change with each release. */
export function siteInput(
  place: Place,
  edge: EdgePlace,
  release: Pick<ReleaseView, 'static' | 'media' | 'probe'>,
  uploadLimitMb: number,
): SiteInput {
  const paths = sitePaths(edge.folder, place.site);
  return {
    site: place.site,
    domains: place.domains,
    ports: place.ports,
    addresses: edge.addresses,
    certificate: { chain: paths.certificate, key: paths.key },
    webSocket: place.webSocket,
    static: servable(release.static, currentStatic(place)),
    media: servable(release.media, place.folders.media),
    uploadLimitMb,
    brotliStatic: edge.brotli.static,
    hsts: hstsOf(release.probe),
    framesByDjango: release.probe.middleware.some((name) => name.endsWith('.XFrameOptionsMiddleware')),
    retry: true,
    accessLog: paths.accessLog,
    acme: edgePaths(edge).acme,
    pages: edgePaths(edge).pages,
    hookSocket: edgePaths(edge).hook,
    ...(edge.limits && { limits: edge.limits }),
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
    // A little longer than worker_shutdown_timeout.
    stop: { signal: 'SIGQUIT', timeoutSeconds: 35 },
    restart: standardRestart,
    replace: 'reload',
    reloadSignal: 'SIGHUP',
    log: { path: paths.log, maxBytes: 10 * 1024 * 1024, keep: 3 },
    ownLogs: {
      folder: paths.logs,
      suffix: '.access.log',
      maxBytes: 20 * 1024 * 1024,
      keep: 4,
      reopenSignal: 'SIGUSR1',
    },
    ...(place.user && { openFiles }),
  };
}

/** The static files of the release that is live: through the link `current`, so that a switch of releases needs no reload. */
export function currentStatic(place: Pick<Place, 'folders'>): string {
  return join(place.folders.site, 'current', 'static');
}

/**
 * What NGINX serves of a folder that a release names: one in `within`, which is the site's. All else goes to Django, like every
 * other path: the release was refused, or it was built before such were.
 */
function servable(served: ReleaseView['static'], within: string): ServedFolder | null {
  if (served === null || !isFolderUrl(served.url)) return null;
  const folder = canonical(served.folder);
  return isBelow(folder, within) ? { url: served.url, folder, within } : null;
}

function edgeSockets(place: EdgePlace): readonly SocketSpec[] {
  const { http, https } = edgePorts(place.sites);
  const tcp = [...http, ...https].flatMap((port) =>
    place.addresses.map((host): SocketSpec => ({ kind: 'tcp', host, port })),
  );
  return tcp;
}
