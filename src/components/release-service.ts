import { join } from 'node:path';

import { standardRestart } from './standard-restart.ts';
import type { ServiceSpec } from '../services/service.ts';
import type { ReleaseView } from './component.ts';
import type { Place } from './place.ts';
import { projectView } from './site-view.ts';

type Given = Pick<ServiceSpec, 'name' | 'command' | 'readiness' | 'stop' | 'replace'> &
  Partial<
    Pick<ServiceSpec, 'sockets' | 'passing' | 'environment' | 'stateful' | 'liveness' | 'memoryLimitBytes' | 'cpus'>
  >;

/** What all programs of a release have in common: the site's user, the release's folder and environment, a log of their own. */
export function releaseService(place: Place, release: ReleaseView, given: Given): ServiceSpec {
  const view = projectView(place, { python: release.python });
  return {
    group: place.site,
    directory: release.root,
    ...(place.users.site && { user: place.users.site }),
    sockets: [],
    passing: 'none',
    after: [],
    restart: standardRestart,
    log: serviceLog(place, given.name),
    release: release.id,
    ...(view && { view }),
    ...(place.bounds && { openFiles: place.bounds.openFiles }),
    ...given,
    environment: { ...processEnvironment(place, release), ...given.environment },
  };
}

/** Where a service's output goes. */
export function serviceLog(place: Place, name: string): ServiceSpec['log'] {
  return { path: join(place.folders.logs, `${name}.log`), maxBytes: 10 * 1024 * 1024, keep: 5 };
}

/** The release's environment, and what a shell would have given as well. What the owner set wins. */
function processEnvironment(place: Place, release: ReleaseView): Readonly<Record<string, string>> {
  return {
    LANG: 'C.UTF-8',
    // The site's user has no home; programs that insist on one may write what can be lost.
    HOME: place.folders.cache,
    VIRTUAL_ENV: join(release.bin, '..'),
    // Lines reach the log when they are printed, not when 8 KB of them have come together.
    PYTHONUNBUFFERED: '1',
    ...release.environment,
    PATH: `${release.bin}:${release.environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
  };
}
