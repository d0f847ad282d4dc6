import { createHash } from 'node:crypto';

import { standardRestart } from './standard-restart.ts';
import type { ServiceSpec } from '../services/service.ts';
import type { FileSpec } from './component.ts';
import type { Place } from './place.ts';
import { serviceLog } from './release-service.ts';
import { dataView } from './site-view.ts';

type Given = Pick<ServiceSpec, 'name' | 'command' | 'directory' | 'readiness' | 'stop'> & {
  /** Where it writes besides its folder. */
  readonly writable: readonly string[];
  /** Its configuration: another content restarts it. */
  readonly files: readonly FileSpec[];
};

/** What all data services have in common: their own user, no sockets from outside, a stop that must have its time. */
export function dataService(place: Place, given: Given): ServiceSpec {
  const { files, writable, ...rest } = given;
  const view = dataView(place, [given.directory, ...writable]);
  const user = place.users.component[given.name];
  return {
    group: place.site,
    ...(user && { user }),
    ...(view && { view }),
    ...(place.bounds && { openFiles: place.bounds.openFiles }),
    sockets: [],
    passing: 'none',
    after: [],
    restart: standardRestart,
    replace: 'restart',
    stateful: true,
    log: serviceLog(place, given.name),
    environment: {
      LANG: 'C.UTF-8',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      // The spec must differ where a configuration file does, or nobody would restart the service.
      ROADIE_CONFIGURATION: fingerprint(files),
    },
    ...rest,
  };
}

function fingerprint(files: readonly FileSpec[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\n${file.content}\n`);
  return hash.digest('hex').slice(0, 16);
}
