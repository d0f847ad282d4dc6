import { join } from 'node:path';

import type { ReleaseView } from '../component.ts';
import { undeclared, webComponent } from '../web/web-component.ts';
import {
  asynchronousSetting,
  configureWeb,
  isAtLeast,
  type WebOptions,
  webOptions,
  webService,
  withoutVariables,
} from '../web/web-service.ts';

/**
 * Every option of Uvicorn's can be given as a variable as well, and some have no option that says the opposite: a socket
 * of its own (`UVICORN_UDS` goes before `--fd`), a reloader, TLS. Those that say nothing of these stay.
 */
const settingVariables =
  /^UVICORN_(?!(?:LOG_LEVEL|LOG_CONFIG|USE_COLORS|LOOP|WS|WS_\w+|LIFESPAN|SERVER_HEADER|DATE_HEADER|HEADERS?|LIMIT_\w+|H11_\w+)$)/;

/** The web server of ASGI projects: one asynchronous process for each core, on a socket that the supervisor holds. */
export const uvicornComponent = webComponent<WebOptions>({
  name: 'uvicorn',
  title: 'Uvicorn',
  about:
    "Runs the project's ASGI application, WebSockets included, in one process for each core, behind the edge on a unix socket.",
  options: webOptions,
  detect: (facts) =>
    facts.application.value.kind === 'asgi'
      ? { options: webOptions.parse({}), because: facts.application.because }
      : undefined,
  runs: () => ['asgi'],
  configure: configureWeb,
  python: () => [
    undeclared('uvicorn>=0.30', 'uvicorn'),
    {
      requirement: 'websockets>=12',
      unless: ['websockets', 'wsproto'],
      because: 'WebSockets in Uvicorn: undeclared, added',
    },
  ],
  setting: asynchronousSetting,
  service: (options, place, release) =>
    webService(place, withoutVariables(release, settingVariables), options, {
      command: [
        join(release.bin, 'uvicorn'),
        // Not --uds, which would open the socket to everybody.
        '--fd=3',
        `--workers=${asynchronousSetting(options, place, release).workers}`,
        ...(isAtLeast(release, 'uvicorn', 0, 22)
          ? [`--timeout-graceful-shutdown=${Math.ceil(options.timeoutSeconds)}`]
          : []),
        // Only the edge can reach the socket, and it overwrites the headers that say who asks and how.
        '--proxy-headers',
        '--forwarded-allow-ips=*',
        '--no-access-log',
        release.asgiEntry === true ? 'roadie_asgi:application' : application(release),
      ],
      environment: release.asgiEntry === true ? { ROADIE_APPLICATION: application(release) } : {},
    }),
});

function application({ application: { module, name } }: ReleaseView): string {
  return `${module}:${name}`;
}
