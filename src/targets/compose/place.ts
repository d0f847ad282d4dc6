import { posix } from 'node:path';

import type { ReleaseView } from '../../components/component.ts';
import { secretReference } from '../../components/container.ts';
import type { Place } from '../../components/place.ts';

/** The project's user and group in its image: of no system's own range, so nobody's on the host. */
export const projectUser = '10001:10001';

/** Its group: what the edge may read of the site, and its socket, have it. */
export const projectGroup = '10001';

/** The same paths in all of the project's containers. */
export const paths = {
  code: '/srv/code',
  virtualenv: '/srv/venv',
  bin: '/srv/venv/bin',
  python: '/srv/venv/bin/python',
  // Where a machine has those of the release that is live.
  static: '/srv/current/static',
  data: '/srv/data',
  media: '/srv/data/media',
  files: '/srv/data/files',
  /** In memory on a machine; here a volume that the web server and the edge share. */
  run: '/run/site',
  /** Hashes of the fixtures that were loaded. */
  fixtures: '/srv/data/.fixtures.json',
  edge: '/srv/edge',
  edgeRun: '/run/edge',
} as const;

/** Where the site's data lies in its containers. */
export const containerData = paths.data;

/** Where a site lies in its containers. Secrets are references. `machine` is what its programs are sized for. */
export function containerPlace(input: {
  readonly site: string;
  readonly domains: Place['domains'];
  readonly machine: Pick<Place['machine'], 'cores' | 'memoryBytes'>;
  readonly secrets: readonly string[];
}): Place {
  return {
    site: input.site,
    domains: input.domains,
    ports: { http: 80, https: 443 },
    folders: {
      site: '/srv',
      releases: '/srv',
      config: '/srv/config',
      data: paths.data,
      media: paths.media,
      files: paths.files,
      // They are mounted at their places in the code.
      own: '/srv/own',
      logs: '/tmp',
      backups: '/srv/backups',
      // What can be lost; a container's own memory.
      cache: '/tmp',
      build: '/tmp',
      checkouts: '/tmp',
      run: paths.run,
      edge: paths.edge,
      edgeRun: paths.edgeRun,
    },
    webSocket: `${paths.run}/web.sock`,
    users: { component: {}, daemon: 'site' },
    machine: { ...input.machine, programs: {} },
    secrets: Object.fromEntries(input.secrets.map((name) => [name, secretReference(name)])),
  };
}

/** A live release as it is inside of its containers. `root` is the folder with manage.py, relative to the code. */
export function containerRelease(
  live: ReleaseView,
  given: Pick<ReleaseView, 'environment' | 'probe'> & { readonly root: string; readonly liveMedia: string },
): ReleaseView {
  const below = live.media ? posix.relative(given.liveMedia, live.media.folder) : '';
  return {
    id: live.id,
    folder: '/srv',
    root: posix.join(paths.code, given.root),
    bin: paths.bin,
    probe: given.probe,
    application: live.application,
    asgiEntry: true,
    static: live.static && { url: live.static.url, folder: paths.static },
    media:
      live.media && !below.startsWith('..') ? { url: live.media.url, folder: posix.join(paths.media, below) } : null,
    environment: given.environment,
    healthPath: live.healthPath,
  };
}
