import { join } from 'node:path';

import { asynchronousProcesses, webProcesses, webThreads } from '../capacity.ts';
import { component } from '../component.ts';
import {
  applicationEntry,
  chosenProcesses,
  configureWeb,
  namedByProject,
  webFolders,
  type WebOptions,
  webOptions,
  webService,
  withoutVariables,
} from '../web/web-service.ts';

/** A web server in Rust for both kinds of application, for projects that ask for it. */
export const granianComponent = component<WebOptions>({
  name: 'granian',
  title: 'Granian',
  roles: ['web'],
  about:
    "Runs the project's WSGI application in several processes with threads, or its ASGI application, WebSockets included, in one process for each core, behind NGINX on a unix socket.",
  options: webOptions,
  detect: (facts) => {
    const because = namedByProject('granian', facts);
    return because && { options: webOptions.parse({}), because, strength: 1 };
  },
  interfaces: () => ['wsgi', 'asgi'],
  configure: configureWeb,
  packages: () => ({
    debian: [],
    python: [{ requirement: 'granian>=2.5', unless: ['granian'], because: 'the web server: undeclared, added' }],
  }),
  runsAs: 'site',
  folders: (_options, place) => webFolders(place),
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: (options, place, release) => {
    const { application, environment } = applicationEntry(release);
    const { kind } = release.application;
    const suitable = kind === 'wsgi' ? webProcesses(place.machine) : asynchronousProcesses(place.machine);
    return [
      webService(place, withoutVariables(release, /^GRANIAN_/), options, {
        command: [
          join(release.bin, 'python'),
          '-m',
          'roadie_granian',
          `--interface=${kind}`,
          `--workers=${chosenProcesses(options, release, suitable)}`,
          `--threads=${options.threads ?? webThreads()}`,
          `--timeout=${Math.ceil(options.timeoutSeconds)}`,
          application,
        ],
        environment,
        passing: 'descriptors',
      }),
    ];
  },
});
