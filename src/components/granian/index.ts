import { join } from 'node:path';

import type { WebSetting } from '../../services/web-setting.ts';
import { webThreads } from '../capacity.ts';
import type { ReleaseView } from '../component.ts';
import type { Place } from '../place.ts';
import { namedByProject, undeclared, webComponent } from '../web/web-component.ts';
import {
  applicationEntry,
  asynchronousSetting,
  configureWeb,
  threadedSetting,
  type WebOptions,
  webOptions,
  webService,
  withoutVariables,
} from '../web/web-service.ts';

/** A web server in Rust for both kinds of application, for projects that ask for it. */
export const granianComponent = webComponent<WebOptions>({
  name: 'granian',
  title: 'Granian',
  about:
    "Runs the project's WSGI application in several processes with threads, or its ASGI application, WebSockets included, in one process for each core, behind the edge on a unix socket.",
  options: webOptions,
  detect: (facts) => namedByProject('granian', ['wsgi', 'asgi'], facts),
  runs: () => ['wsgi', 'asgi'],
  configure: configureWeb,
  python: () => [undeclared('granian>=2.5', 'granian')],
  setting: settingOf,
  service: (options, place, release) => {
    const { application, environment } = applicationEntry(release);
    const { kind } = release.application;
    const { workers } = settingOf(options, place, release);
    return webService(place, withoutVariables(release, /^GRANIAN_/), options, {
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
    });
  },
});

/** Threads are for WSGI; an ASGI application has the usual number beside its loop. */
function settingOf(options: WebOptions, place: Place, release: ReleaseView): WebSetting {
  return (release.application.kind === 'wsgi' ? threadedSetting : asynchronousSetting)(options, place, release);
}
