import { join } from 'node:path';

import { celeryNeeds } from '../celery/index.ts';
import type { Place } from '../place.ts';
import { workerComponent } from '../worker/worker-component.ts';
import { hasOption, workerServices } from '../worker/worker-service.ts';

/** Celery's clock: sends the project's periodic tasks. Never more than one of it. */
export const celeryBeatComponent = workerComponent({
  name: 'celery-beat',
  title: 'Celery beat',
  role: 'beat',
  about:
    "Sends the project's periodic Celery tasks when their time has come, from the database where django_celery_beat is installed.",
  python: celeryNeeds,
  folders: (place) => [{ path: scheduleFolder(place), owner: 'site', group: 'site', mode: 0o750 }],
  services(worker, place, release) {
    const given = worker.arguments;
    const inDatabase = release.probe.installedApps.includes('django_celery_beat');
    const schedule = inDatabase
      ? '--scheduler=django_celery_beat.schedulers:DatabaseScheduler'
      : `--schedule=${join(scheduleFolder(place), `${worker.name}-schedule`)}`;
    // Two of it would send everything twice.
    const one = { ...worker, processes: 1 };
    return workerServices(place, release, one, {
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
    });
  },
});

function scheduleFolder(place: Place): string {
  return join(place.folders.data, 'celery');
}
