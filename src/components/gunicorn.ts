import { join } from 'node:path';

import { webProcesses, webThreads } from './capacity.ts';
import { component } from './component.ts';
import {
  chosenProcesses,
  configureWeb,
  isAtLeast,
  webFolders,
  type WebOptions,
  webOptions,
  webService,
} from './web-service.ts';

/** Requests after which a process is replaced, so that a slow leak never fills the memory; and by how much that varies. */
const requestsPerProcess = 20_000;

/** The web server of WSGI projects: several processes with threads, on a socket that the supervisor holds. */
export const gunicornComponent = component<WebOptions>({
  name: 'gunicorn',
  title: 'Gunicorn',
  kind: 'server',
  about: "Runs the project's WSGI application in several processes with threads, behind NGINX on a unix socket.",
  options: webOptions,
  detect: (facts) =>
    facts.application.value.kind === 'wsgi'
      ? { options: webOptions.parse({}), because: facts.application.because }
      : undefined,
  configure: configureWeb,
  packages: () => ({
    debian: [],
    python: [{ requirement: 'gunicorn>=23', unless: ['gunicorn'], because: 'the web server: undeclared, added' }],
  }),
  runsAs: 'site',
  folders: (_options, place) => webFolders(place),
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: (options, place, release) => [
    webService(place, release, options, {
      command: [
        join(release.bin, 'gunicorn'),
        '--worker-class=gthread',
        `--workers=${chosenProcesses(options, release, webProcesses(place.machine))}`,
        `--threads=${options.threads ?? webThreads()}`,
        // A process takes what its threads can work on and no more (1000 by default): what waits, waits in the supervisor's
        // socket, where it outlives the process and the next free one of all processes takes it.
        `--worker-connections=${options.threads ?? webThreads()}`,
        // None is kept: NGINX closes each. Connections kept would count among those.
        '--keep-alive=0',
        `--timeout=${Math.ceil(options.timeoutSeconds)}`,
        `--graceful-timeout=${Math.ceil(options.timeoutSeconds)}`,
        `--max-requests=${requestsPerProcess}`,
        `--max-requests-jitter=${requestsPerProcess / 4}`,
        // Its heartbeat is a file: on a disk that is busy, processes would be killed for being late.
        '--worker-tmp-dir=/dev/shm',
        // From 25.1 on it opens one in the user's home unless told not to; before, it refuses the option.
        ...(isAtLeast(release, 'gunicorn', 25, 1) ? ['--no-control-socket'] : []),
        'roadie_wsgi:application',
      ],
      environment: { ROADIE_APPLICATION: `${release.application.module}:${release.application.name}` },
    }),
  ],
});
