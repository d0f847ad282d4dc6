import { workerComponent } from '../worker/worker-component.ts';
import { workerServices } from '../worker/worker-service.ts';

const stopSeconds = 60;

/** Any other program that the project says must run: a Procfile's lines, or the config's `[workers]`. */
export const commandComponent = workerComponent({
  name: 'command',
  title: "The project's own programs",
  about:
    "Runs programs that the project's Procfile or the config's [workers] name; the first word is looked up in the virtualenv, then in the system.",
  python: [],
  services: (worker, place, release) =>
    worker.arguments.length === 0
      ? []
      : workerServices(place, release, worker, {
          // env looks the program up in the PATH that releaseService gives, where the virtualenv comes first, and becomes it.
          command: () => ['/usr/bin/env', '--', ...worker.arguments],
          stopSeconds,
        }),
});
