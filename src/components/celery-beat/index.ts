import { join } from 'node:path';

import { component } from '../component.ts';
import {
  hasOption,
  wishForWorkers,
  workerServices,
  type WorkersOptions,
  workersOptions,
} from '../worker/worker-service.ts';

/** Celery's clock: sends the project's periodic tasks. Never more than one of it. */
export const celeryBeatComponent = component<WorkersOptions>({
  name: 'celery-beat',
  title: 'Celery beat',
  roles: ['beat'],
  about:
    "Sends the project's periodic Celery tasks when their time has come, from the database where django_celery_beat is installed.",
  options: workersOptions,
  detect: (facts) => wishForWorkers(facts, 'celery-beat'),
  packages: () => ({
    debian: [],
    python: [{ requirement: 'celery>=5.2', unless: ['celery'], because: 'the project uses Celery: undeclared, added' }],
  }),
  runsAs: 'site',
  folders: (_options, place) => [
    { path: join(place.folders.data, 'celery'), owner: 'site', group: 'site', mode: 0o750 },
  ],
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: (options, place, release) =>
    options.workers.flatMap((worker) => {
      const given = worker.arguments;
      const inDatabase = release.probe.installedApps.includes('django_celery_beat');
      const schedule = inDatabase
        ? '--scheduler=django_celery_beat.schedulers:DatabaseScheduler'
        : `--schedule=${join(place.folders.data, 'celery', `${worker.name}-schedule`)}`;
      // Two of it would send everything twice.
      return workerServices(
        place,
        release,
        { ...worker, processes: 1 },
        {
          command: () => [
            join(release.bin, 'celery'),
            ...given,
            ...(given.includes('beat') ? [] : ['beat']),
            ...(hasOption(given, '-s', '--schedule', '-S', '--scheduler') ? [] : [schedule]),
            ...(hasOption(given, '-l', '--loglevel') ? [] : ['--loglevel=INFO']),
            // The supervisor knows its pid; a file that a crash left behind would keep it from starting.
            ...(hasOption(given, '--pidfile') ? [] : ['--pidfile=']),
          ],
          stopSeconds: 20,
        },
      );
    }),
});
