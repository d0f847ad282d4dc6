import { join } from 'node:path';

import { component } from '../component.ts';
import {
  applicationEntry,
  asynchronousSetting,
  configureWeb,
  runsOnly,
  severalProcesses,
  webFolders,
  type WebOptions,
  webOptions,
  webService,
} from '../web/web-service.ts';

/** The web server that came with Channels, for whoever names it: Uvicorn runs the same applications. */
export const daphneComponent = component<WebOptions>({
  name: 'daphne',
  title: 'Daphne',
  roles: ['web'],
  about:
    "Runs the project's ASGI application, WebSockets included, in one process for each core, behind the edge on a unix socket. Only where `[web] server` names it: Uvicorn serves the same projects, those with Channels as well.",
  options: webOptions,
  detect: () => undefined,
  interfaces: () => ['asgi'],
  unfit: (facts) => runsOnly('asgi', facts),
  configure: configureWeb,
  packages: () => ({
    debian: [],
    python: [{ requirement: 'daphne>=4', unless: ['daphne'], because: 'the web server: undeclared, added' }],
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
          'roadie_daphne',
          String(Math.ceil(options.timeoutSeconds)),
          application,
        ]),
        environment,
        passing: 'descriptors',
      }),
    ];
  },
});
