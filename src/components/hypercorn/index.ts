import { join } from 'node:path';

import { component } from '../component.ts';
import {
  applicationEntry,
  asynchronousSetting,
  configureWeb,
  namedByProject,
  runsOnly,
  severalProcesses,
  webFolders,
  type WebOptions,
  webOptions,
  webService,
} from '../web/web-service.ts';

/** A web server of ASGI projects that ask for it: single processes, since its parent cuts requests off at a stop. */
export const hypercornComponent = component<WebOptions>({
  name: 'hypercorn',
  title: 'Hypercorn',
  roles: ['web'],
  about:
    "Runs the project's ASGI application, WebSockets included, in one process for each core, behind the edge on a unix socket.",
  options: webOptions,
  detect: (facts) => {
    const because = namedByProject('hypercorn', facts);
    return because && facts.application.value.kind === 'asgi'
      ? { options: webOptions.parse({}), because, strength: 1 }
      : undefined;
  },
  interfaces: () => ['asgi'],
  unfit: (facts) => runsOnly('asgi', facts),
  configure: configureWeb,
  packages: () => ({
    debian: [],
    python: [{ requirement: 'hypercorn>=0.16', unless: ['hypercorn'], because: 'the web server: undeclared, added' }],
  }),
  runsAs: 'site',
  folders: (_options, place) => webFolders(place),
  files: () => [],
  setup: () => [],
  services: () => [],
  setting: asynchronousSetting,
  releaseServices: (options, place, release) => {
    const { application, environment } = applicationEntry(release);
    const processes = asynchronousSetting(options, place, release).workers;
    return [
      webService(place, release, options, {
        command: severalProcesses(release, processes, [
          join(release.bin, 'python'),
          '-m',
          'hypercorn',
          '--bind=fd://3',
          // It serves by itself, without a parent.
          '--workers=0',
          `--graceful-timeout=${Math.ceil(options.timeoutSeconds)}`,
          application,
        ]),
        environment,
        passing: 'descriptors',
      }),
    ];
  },
});
