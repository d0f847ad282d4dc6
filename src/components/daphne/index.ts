import { singleProcesses, undeclared, webComponent } from '../web/web-component.ts';
import { asynchronousSetting, configureWeb, type WebOptions, webOptions } from '../web/web-service.ts';

/** The web server that came with Channels, for whoever names it: Uvicorn runs the same applications. */
export const daphneComponent = webComponent<WebOptions>({
  name: 'daphne',
  title: 'Daphne',
  about:
    "Runs the project's ASGI application, WebSockets included, in one process for each core, behind the edge on a unix socket. Only where `[web] server` names it: Uvicorn serves the same projects, those with Channels as well.",
  options: webOptions,
  detect: () => undefined,
  runs: () => ['asgi'],
  configure: configureWeb,
  python: () => [undeclared('daphne>=4', 'daphne')],
  setting: asynchronousSetting,
  service: (options, place, release) =>
    singleProcesses(options, place, release, (application) => [
      'roadie_daphne',
      String(Math.ceil(options.timeoutSeconds)),
      application,
    ]),
});
