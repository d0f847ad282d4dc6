import { component } from '../component.ts';
import { wishForWorkers, workerServices, type WorkersOptions, workersOptions } from '../worker/worker-service.ts';

const stopSeconds = 60;

/** Any other program that the project says must run: a Procfile's lines, or the config's `[workers]`. */
export const commandComponent = component<WorkersOptions>({
  name: 'command',
  title: "The project's own programs",
  roles: ['worker'],
  about:
    "Runs programs that the project's Procfile or the config's [workers] name; the first word is looked up in the virtualenv, then in the system.",
  options: workersOptions,
  detect: (facts) => wishForWorkers(facts, 'command'),
  packages: () => ({ debian: [], python: [] }),
  runsAs: 'site',
  folders: () => [],
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: (options, place, release) =>
    options.workers
      .filter((worker) => worker.arguments.length > 0)
      // env looks the program up in the PATH that releaseService gives, where the virtualenv comes first, and becomes it.
      .flatMap((worker) =>
        workerServices(place, release, worker, {
          command: () => ['/usr/bin/env', '--', ...worker.arguments],
          stopSeconds,
        }),
      ),
});
