import type { Fact, Requirement, WorkerFact } from '../facts.ts';
import { importedAs } from './paths.ts';
import { queues } from './queues.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { composeWorkers, procfileWorkers, unitWorkers } from './worker-files.ts';

/**
 * The programs beside the web server: lines of a Procfile; systemd units, supervisord programs, uwsgi's attach-daemon; Docker
 * Compose; a module-level `Celery(…)`; INSTALLED_APPS. The first source that names a queue is believed for that queue, and the
 * first that names anything for all that is no queue: another would name the same programs again, in other words.
 */
export function findWorkers(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
  requirements: readonly Requirement[],
): readonly Fact<WorkerFact>[] {
  const found: Fact<WorkerFact>[] = [];
  for (const source of [
    procfileWorkers(scan),
    unitWorkers(scan),
    composeWorkers(scan),
    celery(scan, root, settings, requirements),
    applications(settings),
  ]) {
    const known = new Set(found.map((one) => one.value.kind));
    found.push(...source.filter(({ value }) => (value.kind === 'command' ? known.size === 0 : !known.has(value.kind))));
  }
  return found;
}

function celery(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
  requirements: readonly Requirement[],
): readonly Fact<WorkerFact>[] {
  const found = scan.celery
    .filter((one) => root === '.' || one.file.startsWith(`${root}/`))
    .toSorted((left, right) => left.file.split('/').length - right.file.split('/').length)[0];
  if (!found) return [];
  const module = importedAs(found.file, root, settings);
  // `-A proj` finds proj.celery:app as well, but only this way whatever the name is.
  const app = ['-A', `${module}:${found.name}`];
  const because = { says: `Celery: ${found.file}:${found.line}`, where: { file: found.file, line: found.line } };
  const inDatabase =
    settings?.installedApps.some((one) => one.value.startsWith('django_celery_beat')) === true ||
    requirements.some((one) => one.name === 'django-celery-beat');
  const scheduled = found.beat || inDatabase || settings?.assigned['CELERY_BEAT_SCHEDULE'] !== undefined;
  return [
    { value: { name: 'worker', kind: 'celery', arguments: [...app, 'worker'] }, because },
    ...(scheduled
      ? [
          {
            value: { name: 'beat', kind: 'celery-beat', arguments: [...app, 'beat'] },
            because: {
              ...because,
              says:
                inDatabase && !found.beat
                  ? 'Celery beat: django_celery_beat'
                  : `Celery beat: a schedule, and the application in ${found.file}:${found.line}`,
            },
          },
        ]
      : []),
  ];
}

function applications(settings: SettingsScan | undefined): readonly Fact<WorkerFact>[] {
  if (!settings) return [];
  return queues.flatMap((queue): readonly Fact<WorkerFact>[] => {
    const app = settings.installedApps.find((one) => queue.app.test(one.value));
    if (!app) return [];
    const because = { says: `${app.value} in INSTALLED_APPS`, where: { file: app.file, line: app.line } };
    return queue
      .workers(settings)
      .map((words) => ({ value: { name: queue.service, kind: queue.kind, arguments: words }, because }));
  });
}
