import { join } from 'node:path';

import type { ReleaseView } from '../component.ts';
import { canonical, isBelow } from '../paths.ts';
import type { Place } from '../place.ts';
import { commonPaths, commonSitePaths, type EdgeLimits, type EdgePlace } from './place.ts';
import { hstsOf } from './security-headers.ts';

/** A folder that the edge serves by itself. `url` is a path that begins and ends with '/'; `folder` is absolute. */
export type ServedFolder = {
  readonly url: string;
  readonly folder: string;
  /** `folder` or one above it, which root alone can put elsewhere: links may lead to it (`current` is one), and none further. */
  readonly within: string;
};

/** Everything that one site's part of the configuration is made from. Paths are absolute. */
export type SiteInput = {
  readonly site: string;
  readonly domains: readonly [string, ...string[]];
  readonly ports: { readonly http: number; readonly https: number };
  /** As in the host's configuration: each site listens on all of them. */
  readonly addresses: readonly [string, ...string[]];
  readonly certificate: { readonly chain: string; readonly key: string };
  /** The unix socket that Django's server listens on. */
  readonly webSocket: string;
  /** Through `current`, so that a deploy needs no reload. */
  readonly static: ServedFolder | null;
  readonly media: ServedFolder | null;
  /** Largest request body, in megabytes; 0 for no limit. */
  readonly uploadLimitMb: number;
  /** How long the application may be silent before and within an answer, in seconds. */
  readonly answerSeconds: number;
  readonly brotliStatic: boolean;
  /** Whether Django sends X-Frame-Options; where it does, a view without it is meant to be framed. */
  readonly framesByDjango: boolean;
  /** Strict-Transport-Security as Django sends it; null where it sends none. */
  readonly hsts: string | null;
  /** Whether a request that reached no server is tried once more (never one that may have changed something). */
  readonly retry: boolean;
  readonly accessLog: string;
  /** Folder with `.well-known/acme-challenge/`. */
  readonly acme: string;
  /** Folder with `unavailable.html`. */
  readonly pages: string;
  /** The daemon's socket for webhooks; absent: there is no address for them. */
  readonly hookSocket?: string;
  readonly limits?: EdgeLimits;
};

/** What a site's blueprint asks of the edge. */
export type SiteWishes = Pick<SiteInput, 'uploadLimitMb' | 'answerSeconds'>;

/** How long a WebSocket, or a stream of events, may be silent: an hour, in seconds. */
export const longSilence = 3600;

/** What a site's file is made from, for a site at its place with a release. `static` and `media` must not change with each release. */
export function siteInput(
  place: Place,
  edge: EdgePlace,
  release: Pick<ReleaseView, 'static' | 'media' | 'probe'>,
  { uploadLimitMb, answerSeconds }: SiteWishes,
): SiteInput {
  const paths = commonSitePaths(edge.folder, place.site);
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
    answerSeconds,
    brotliStatic: edge.brotli.static,
    hsts: hstsOf(release.probe),
    framesByDjango: release.probe.middleware.some((name) => name.endsWith('.XFrameOptionsMiddleware')),
    retry: true,
    accessLog: paths.accessLog,
    acme: commonPaths(edge).acme,
    pages: commonPaths(edge).pages,
    hookSocket: commonPaths(edge).hook,
    ...(edge.limits && { limits: edge.limits }),
  };
}

/** The static files of the release that is live: through the link `current`, so that a switch of releases needs no reload. */
export function currentStatic(place: Pick<Place, 'folders'>): string {
  return join(place.folders.site, 'current', 'static');
}

/**
 * What the edge serves of a folder that a release names: one in `within`, which is the site's. All else goes to Django, like every
 * other path: the release was refused, or it was built before such were.
 */
function servable(served: ReleaseView['static'], within: string): ServedFolder | null {
  if (served === null || !isFolderUrl(served.url)) return null;
  const folder = canonical(served.folder);
  return isBelow(folder, within) ? { url: served.url, folder, within } : null;
}

/** Whether the edge can serve a folder there: a plain path below the root, which alone would hide the application. */
export function isFolderUrl(url: string): boolean {
  return /^\/(?:[^/?#]+\/)+$/.test(url) && !/\/\.{1,2}\//.test(url);
}
