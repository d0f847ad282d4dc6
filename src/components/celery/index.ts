import { join } from 'node:path';

import { queueProcesses } from '../capacity.ts';
import { component } from '../component.ts';
import {
  hasOption,
  wishForWorkers,
  workerServices,
  type WorkersOptions,
  workersOptions,
} from '../worker/worker-service.ts';

/** Celery has no limit for a task; five minutes finish nearly all, and what is cut off is delivered again where tasks ask for that. */
const stopSeconds = 300;

/** Celery's worker, with one process for each core. */
export const celeryComponent = component<WorkersOptions>({
  name: 'celery',
  title: 'Celery worker',
  roles: ['worker'],
  about: "Runs the project's Celery tasks, as many at a time as there are cores.",
  options: workersOptions,
  detect: (facts) => wishForWorkers(facts, 'celery'),
  packages: () => ({
    debian: [],
    python: [{ requirement: 'celery>=5.2', unless: ['celery'], because: 'the project uses Celery: undeclared, added' }],
  }),
  runsAs: 'site',
  folders: () => [],
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: (options, place, release) =>
    options.workers.flatMap((worker) => {
      const given = worker.arguments;
      return workerServices(place, release, worker, {
        command: (name) => [
          join(release.bin, 'celery'),
          ...given,
          ...(given.includes('worker') ? [] : ['worker']),
          ...(hasOption(given, '-c', '--concurrency', '--autoscale')
            ? []
            : [`--concurrency=${queueProcesses(place.machine)}`]),
          ...(hasOption(given, '-l', '--loglevel') ? [] : ['--loglevel=INFO']),
          // Several workers on one queue need names of their own.
          ...(hasOption(given, '-n', '--hostname') ? [] : [`--hostname=${name}@${place.site}`]),
        ],
        stopSeconds,
      });
    }),
});
