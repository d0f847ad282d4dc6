import type { Evidence, Fact, Requirement, WorkerFact } from '../facts.ts';
import { baseName, isAside, lineOf, moduleOf } from './paths.ts';
import { plainCommand, readProcfile } from './procfile.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';

/**
 * The programs beside the web server: lines of a Procfile; systemd units, supervisord programs, uwsgi's attach-daemon; Docker
 * Compose; a module-level `Celery(…)`; INSTALLED_APPS. The first source that names a queue is believed for that queue.
 */
export function findWorkers(
  scan: ProjectScan,
  root: string,
  settings: SettingsScan | undefined,
  requirements: readonly Requirement[],
): readonly Fact<WorkerFact>[] {
  const found: Fact<WorkerFact>[] = [];
  const has = (...kinds: readonly WorkerFact['kind'][]): boolean => found.some((one) => kinds.includes(one.value.kind));
  for (const source of [procfiles(scan), units(scan), composes(scan)]) {
    // A second source would name the same programs again.
    if (found.length === 0) found.push(...source);
  }
  found.push(...celery(scan, root, settings, requirements).filter((one) => !has(one.value.kind)));
  found.push(
    ...applications(settings).filter((one) =>
      one.value.kind === 'rq'
        ? !has('rq')
        : !found.some((other) => other.value.arguments.includes(one.value.arguments[2] ?? '')),
    ),
  );
  return found;
}

function procfiles(scan: ProjectScan): readonly Fact<WorkerFact>[] {
  const file =
    Object.keys(scan.texts).find((one) => one === 'Procfile') ??
    Object.keys(scan.texts).find((one) => baseName(one) === 'Procfile' && !isAside(one));
  if (file === undefined) return [];
  return readProcfile(scan.texts[file] ?? '')
    .filter((line) => !/^(web|release|postdeploy|console|dev)$/.test(line.name))
    .flatMap((line) =>
      workers(line.name, plainCommand(line.command), {
        says: `${line.name} in ${file}:${line.line}`,
        where: { file, line: line.line },
      }),
    );
}

function units(scan: ProjectScan): readonly Fact<WorkerFact>[] {
  return Object.entries(scan.texts).flatMap(([file, text]) => {
    const pattern = file.endsWith('.service')
      ? /^ExecStart\s*=\s*[-@!+:]*(.+)$/gm
      : /supervisord?[^/]*\.conf$/.test(file)
        ? /^command\s*=\s*(.+)$/gm
        : /uwsgi[^/]*\.ini$/.test(file)
          ? /^attach-daemon2?\s*=\s*(?:.*cmd=)?(.+)$/gm
          : undefined;
    if (!pattern || isAside(file)) return [];
    return [...text.matchAll(pattern)].flatMap((match) => {
      const line = text.slice(0, match.index).split('\n').length;
      const words = plainCommand(match[1] ?? '');
      return workers(nameOf(words), words, { says: `${file}:${line}`, where: { file, line } });
    });
  });
}

function composes(scan: ProjectScan): readonly Fact<WorkerFact>[] {
  const files = Object.keys(scan.texts).filter(
    (file) =>
      /(^|\/)(docker-)?compose[^/]*\.ya?ml$/.test(file) &&
      !isAside(file) &&
      !/dev|local|test|ci|override/i.test(baseName(file)),
  );
  const [file] = files.toSorted(
    (left, right) => Number(/prod/.test(right)) - Number(/prod/.test(left)) || left.length - right.length,
  );
  if (file === undefined) return [];
  const text = scan.texts[file] ?? '';
  return [...text.matchAll(/^\s+command:\s*(?:\[(.+)\]|(?:[>|][+-]?\s*\n\s+)?(.+))\s*$/gm)].flatMap((match) => {
    const line = text.slice(0, match.index).split('\n').length + (match[0].startsWith('\n') ? 1 : 0);
    const command =
      match[1] === undefined
        ? (match[2] ?? '').replaceAll(/^["']|["']$/g, '')
        : [...match[1].matchAll(/["']([^"']*)["']/g)].map((word) => word[1] ?? '').join(' ');
    const words = plainCommand(command);
    // Others may be of another image: only queues are believed.
    return workers(nameOf(words), words, { says: `${file}:${line}`, where: { file, line } }).filter(
      (one) => one.value.kind !== 'command',
    );
  });
}

/** What a command line means; nothing where it is a web server or needs a shell. */
function workers(name: string, words: readonly string[], because: Evidence): readonly Fact<WorkerFact>[] {
  const [program = ''] = words;
  if (
    words.length === 0 ||
    /(^|\/)(gunicorn|uvicorn|daphne|hypercorn|uwsgi|nginx|redis-server|postgres|node|npm|yarn|flower|caddy|granian)$/.test(
      program,
    ) ||
    words.includes('runserver') ||
    words.includes('flower') ||
    words.includes('migrate')
  )
    return [];
  const celeryAt = words.findIndex((word) => /(^|\/)celery$/.test(word));
  if (celeryAt >= 0 && celeryAt <= 2) {
    const rest = words.slice(celeryAt + 1).filter((word) => !/^--(detach|pidfile|logfile)/.test(word));
    if (rest.includes('beat')) return [{ value: { name, kind: 'celery-beat', arguments: rest }, because }];
    if (rest.includes('worker')) {
      // `worker -B` is worker and clock in one; as two programs the worker can be more than one process.
      const beat = rest.some((word) => word === '-B' || word === '--beat');
      const plain = rest.filter((word) => word !== '-B' && word !== '--beat');
      const app = application(rest);
      return [
        { value: { name, kind: 'celery', arguments: plain }, because },
        ...(beat
          ? [{ value: { name: 'beat', kind: 'celery-beat', arguments: [...app, 'beat'] } as const, because }]
          : []),
      ];
    }
    return [];
  }
  const rq = words.indexOf('rqworker');
  if (rq >= 0) return [{ value: { name, kind: 'rq', arguments: words.slice(rq + 1) }, because }];
  return [{ value: { name, kind: 'command', arguments: words }, because }];
}

function application(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word === '-A' || word === '--app' || word.startsWith('--app='));
  const word = words[at];
  return word === undefined ? [] : word.includes('=') ? [word] : words.slice(at, at + 2);
}

function nameOf(words: readonly string[]): string {
  if (words.includes('beat')) return 'beat';
  const command = words[words.findIndex((word) => word.endsWith('manage.py')) + 1];
  return words.some((word) => word.endsWith('manage.py')) && command !== undefined && command !== 'rqworker'
    ? command
    : 'worker';
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
  const module = moduleOf(found.file, root);
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
            value: { name: 'beat', kind: 'celery-beat', arguments: [...app, 'beat'] } as const,
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
  const manage = (command: string, ...more: readonly string[]): readonly string[] => [
    'python',
    'manage.py',
    command,
    ...more,
  ];
  return (settings?.installedApps ?? []).flatMap((app): readonly Fact<WorkerFact>[] => {
    const because = { says: `${app.value} in INSTALLED_APPS`, where: { file: app.file, line: app.line } };
    const name = app.value.split('.')[0];
    if (name === 'django_rq')
      return [{ value: { name: 'worker', kind: 'rq', arguments: settings?.queues ?? ['default'] }, because }];
    if (name === 'django_q')
      return [{ value: { name: 'qcluster', kind: 'command', arguments: manage('qcluster') }, because }];
    if (app.value.startsWith('huey.contrib.'))
      return [
        {
          value: {
            name: 'huey',
            kind: 'command',
            arguments: manage(app.value.includes('djhuey') ? 'run_huey' : 'djangohuey'),
          },
          because,
        },
      ];
    if (app.value.startsWith('django_tasks.backends.database'))
      return [{ value: { name: 'tasks', kind: 'command', arguments: manage('db_worker') }, because }];
    return [];
  });
}

/** The commands of a Procfile's `release:` line: each part of `a && b` that needs no shell. */
export function findReleaseCommands(scan: ProjectScan): readonly Fact<readonly string[]>[] {
  const text = scan.texts['Procfile'];
  const release = text === undefined ? undefined : readProcfile(text).find((line) => line.name === 'release');
  if (!release || text === undefined) return [];
  return release.command.split(/\s*(?:&&|;)\s*/).flatMap((part) => {
    const words = plainCommand(part);
    // These two are done for every release anyway.
    if (words.length === 0 || words.includes('migrate') || words.includes('collectstatic')) return [];
    return [
      {
        value: words,
        because: {
          says: `release in Procfile:${release.line}`,
          where: { file: 'Procfile', line: lineOf(text, /^\s*release\s*:/m) },
        },
      },
    ];
  });
}
