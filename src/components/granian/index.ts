import { join } from 'node:path';

import type { WebSetting } from '../../services/web-setting.ts';
import { webThreads } from '../capacity.ts';
import { component, type ReleaseView } from '../component.ts';
import type { Place } from '../place.ts';
import {
  applicationEntry,
  asynchronousSetting,
  configureWeb,
  namedByProject,
  threadedSetting,
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
    "Runs the project's WSGI application in several processes with threads, or its ASGI application, WebSockets included, in one process for each core, behind the edge on a unix socket.",
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
  setting: settingOf,
  releaseServices: (options, place, release) => {
    const { application, environment } = applicationEntry(release);
    const { kind } = release.application;
    const { workers } = settingOf(options, place, release);
    return [
      webService(place, withoutVariables(release, /^GRANIAN_/), options, {
        command: [
          join(release.bin, 'python'),
          '-m',
          'roadie_granian',
          `--interface=${kind}`,
          `--workers=${workers}`,
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

/** Threads are for WSGI; an ASGI application has the usual number beside its loop. */
function settingOf(options: WebOptions, place: Place, release: ReleaseView): WebSetting {
  return (release.application.kind === 'wsgi' ? threadedSetting : asynchronousSetting)(options, place, release);
}
