import { join } from 'node:path';

import { component } from '../component.ts';
import {
  hasOption,
  wishForWorkers,
  workerServices,
  type WorkersOptions,
  workersOptions,
} from '../worker/worker-service.ts';

/** A little more than RQ's own limit for a job, 180 s: what runs is finished. What is cut off all the same is put back. */
const stopSeconds = 200;

/** django-rq's worker on the project's queues. */
export const rqComponent = component<WorkersOptions>({
  name: 'rq',
  title: 'RQ worker',
  roles: ['worker'],
  about: "Runs the project's RQ jobs (django-rq), scheduled ones included, from all of its queues.",
  options: workersOptions,
  detect: (facts) => wishForWorkers(facts, 'rq'),
  packages: () => ({
    debian: [],
    python: [
      {
        requirement: 'django-rq>=2.10',
        unless: ['django-rq'],
        because: 'the project uses django_rq: undeclared, added',
      },
    ],
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
        command: () => [
          join(release.bin, 'python'),
          // Puts back first what a worker before was cut off in.
          '-m',
          'roadie_rq',
          join(release.root, 'manage.py'),
          'rqworker',
          // Without it jobs that are to run later never run; of several workers one holds the schedule.
          ...(hasOption(given, '--with-scheduler') ? [] : ['--with-scheduler']),
          ...given,
        ],
        stopSeconds,
      });
    }),
});
