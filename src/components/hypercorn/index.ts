import { namedByProject, singleProcesses, undeclared, webComponent } from '../web/web-component.ts';
import { asynchronousSetting, configureWeb, type WebOptions, webOptions } from '../web/web-service.ts';

/** A web server of ASGI projects that ask for it: single processes, since its parent cuts requests off at a stop. */
export const hypercornComponent = webComponent<WebOptions>({
  name: 'hypercorn',
  title: 'Hypercorn',
  about:
    "Runs the project's ASGI application, WebSockets included, in one process for each core, behind the edge on a unix socket.",
  options: webOptions,
  detect: (facts) => namedByProject('hypercorn', ['asgi'], facts),
  runs: () => ['asgi'],
  configure: configureWeb,
  python: () => [undeclared('hypercorn>=0.16', 'hypercorn')],
  setting: asynchronousSetting,
  service: (options, place, release) =>
    singleProcesses(options, place, release, (application) => [
      'hypercorn',
      '--bind=fd://3',
      // It serves by itself, without a parent.
      '--workers=0',
      `--graceful-timeout=${Math.ceil(options.timeoutSeconds)}`,
      application,
    ]),
});
