import { join } from 'node:path';

import { queueProcesses } from '../capacity.ts';
import { workerComponent, type WorkerDefinition } from '../worker/worker-component.ts';
import { hasOption, workerServices } from '../worker/worker-service.ts';

/** Celery has no limit for a task; five minutes finish nearly all, and what is cut off is delivered again where tasks ask for that. */
const stopSeconds = 300;

/** What worker and clock need of PyPI. */
export const celeryNeeds: WorkerDefinition['python'] = [
  { requirement: 'celery>=5.2', unless: ['celery'], because: 'the project uses Celery: undeclared, added' },
];

/** Celery's worker, with one process for each core. */
export const celeryComponent = workerComponent({
  name: 'celery',
  title: 'Celery worker',
  about: "Runs the project's Celery tasks, as many at a time as there are cores.",
  python: celeryNeeds,
  services(worker, place, release) {
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
  },
});
