import { describe, expect, test } from 'vitest';

import type { WorkerFact } from '../facts.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { findWorkers } from './workers.ts';

function settingsOf(apps: readonly string[], queueSettings: Readonly<Record<string, unknown>> = {}): SettingsScan {
  const place = { file: 'site/settings.py', line: 7, conditional: false };
  return {
    file: 'site/settings.py',
    module: 'site.settings',
    base: '.',
    chain: ['site/settings.py'],
    installedApps: apps.map((value) => ({ value, ...place })),
    middleware: [],
    databaseEngines: [],
    databaseUrls: [],
    cacheBackends: [],
    redisUrls: [],
    assigned: {},
    classes: [],
    missing: [],
    environment: [],
    madeWith: null,
    queues: null,
    paths: [],
    queueSettings: Object.fromEntries(
      Object.entries(queueSettings).map(([name, value]) => [name, { value, ...place }]),
    ),
  };
}

function found(
  texts: Readonly<Record<string, string>>,
  apps: readonly string[] = [],
  files: readonly string[] = ['manage.py'],
  queueSettings: Readonly<Record<string, unknown>> = {},
): readonly (WorkerFact & { readonly says: string })[] {
  const scan: ProjectScan = {
    folder: '/project',
    files,
    truncated: false,
    texts,
    manage: [{ file: 'manage.py', settings: null, line: 1, hard: false }],
    applications: [],
    settings: [],
    celery: [],
    gunicorn: [],
    syntaxErrors: [],
    sqlite: [],
    leftMigrations: { documents: [], apps: [] },
    healthRoutes: [],
  };
  return findWorkers(scan, '.', settingsOf(apps, queueSettings), []).map(({ value, because }) => ({
    ...value,
    says: because.says,
  }));
}

describe('the workers that INSTALLED_APPS asks for', () => {
  test.each([
    ['huey.contrib.djhuey', 'huey', 'huey'],
    ['django_q', 'django-q', 'qcluster'],
    ['django_dramatiq', 'dramatiq', 'dramatiq'],
    ['django_tasks.backends.database', 'django-tasks', 'tasks'],
    ['django_tasks_db', 'django-tasks', 'tasks'],
    ['background_task', 'background-tasks', 'background-tasks'],
  ])('%s', (app, kind, name) => {
    expect(found({}, [app])).toEqual([{ kind, name, arguments: [], says: `${app} in INSTALLED_APPS` }]);
  });

  test('are none for apps whose names only begin alike', () => {
    expect(found({}, ['django_quick', 'django_tasks', 'background_tasks', 'huey_monitor'])).toEqual([]);
  });

  test('one for each backend of tasks that is in the database, and none where there is no such backend', () => {
    const tasks = (TASKS: unknown) => found({}, ['django_tasks_db'], [], { TASKS }).map((one) => one.arguments);
    const database = { BACKEND: 'django_tasks_db.DatabaseBackend' };
    const immediate = { BACKEND: 'django_tasks.backends.immediate.ImmediateBackend' };
    expect(tasks({ default: database })).toEqual([[]]);
    expect(tasks({ default: immediate, slow: database })).toEqual([['--backend=slow']]);
    expect(tasks({ default: immediate })).toEqual([]);
    expect(tasks({ default: { BACKEND: null } })).toEqual([[]]);
  });

  test("Django's tasks on RQ get a worker with their own class of job", () => {
    const TASKS = { default: { BACKEND: 'django_tasks_rq.RQBackend', QUEUES: ['default'] } };
    expect(found({}, ['django_rq', 'django_tasks_rq'], [], { TASKS }).map((one) => one.arguments)).toEqual([
      ['--job-class', 'django_tasks_rq.Job', 'default'],
    ]);
  });
});

describe('the workers that files name', () => {
  test('a unit of systemd, by its own name, with the paths of this machine', () => {
    const unit = `[Service]
WorkingDirectory=/srv/shop
ExecStart=/srv/shop/venv/bin/python \\
    /srv/shop/manage.py run_huey \\
    -w 4
TimeoutStopSec=90
`;
    expect(found({ 'deploy/shop-huey.service': unit }, ['huey.contrib.djhuey'])).toEqual([
      {
        kind: 'huey',
        name: 'shop-huey',
        arguments: ['-w', '4'],
        stopSeconds: 90,
        says: 'deploy/shop-huey.service:3',
      },
    ]);
  });

  test('no web server, nothing that runs once, and nothing that stands in an example', () => {
    const unit = (command: string, type = 'simple'): string => `[Service]\nType=${type}\nExecStart=${command}\n`;
    expect(
      found({
        'deploy/web.service': unit('/srv/venv/bin/gunicorn site.wsgi'),
        'deploy/asgi.service': unit('/srv/venv/bin/python -m uvicorn site.asgi:application'),
        'deploy/dev.service': unit('python manage.py runserver'),
        'deploy/clean.service': unit('/srv/venv/bin/python manage.py clearsessions', 'oneshot'),
        'docs/worker.service': unit('python manage.py send_mail'),
      }),
    ).toEqual([]);
  });

  test('the programs of supervisord, with their numbers and their patience', () => {
    const text = `[supervisord]
nodaemon=true

[program:web]
command=/srv/venv/bin/gunicorn site.wsgi

[program:letters]
; sends what is due
command = /srv/venv/bin/celery -A site worker -Q letters   ; two of it
numprocs=2
stopwaitsecs=600

[program:old]
command=python manage.py old_thing
autostart=false

[program:bot]
command=/srv/venv/bin/python /srv/app/bots/main.py
`;
    expect(found({ 'conf/supervisor/app.conf': text }, [], ['manage.py', 'bots/main.py'])).toEqual([
      {
        kind: 'celery',
        name: 'letters',
        arguments: ['-A', 'site', 'worker', '-Q', 'letters'],
        processes: 2,
        stopSeconds: 600,
        says: 'conf/supervisor/app.conf:9',
      },
      {
        kind: 'command',
        name: 'bot',
        arguments: ['python', 'bots/main.py'],
        says: 'conf/supervisor/app.conf:18',
      },
    ]);
  });

  test("the services of Docker Compose that run the project's own programs", () => {
    const text = `services:
  web:
    build: .
    command: gunicorn site.wsgi
  cache:
    image: redis
    command: redis-server --save 60 1
  queue:
    build: .
    command: python manage.py qcluster
    depends_on:
      - cache
  mailer:
    build: .
    command: ["python", "manage.py", "send_mail", "--loop"]
  other:
    image: example/thing
    command: thing --serve
`;
    expect(found({ 'docker-compose.yml': text }, ['django_q'])).toEqual([
      { kind: 'django-q', name: 'queue', arguments: [], says: 'docker-compose.yml:10' },
      {
        kind: 'command',
        name: 'mailer',
        arguments: ['python', 'manage.py', 'send_mail', '--loop'],
        says: 'docker-compose.yml:15',
      },
    ]);
  });

  test('each queue once: the first that names it is believed, and a second file adds only other queues', () => {
    const texts = {
      Procfile: 'web: gunicorn site.wsgi\nlists: python manage.py rqworker lists\nbot: python bot.py\n',
      'deploy/rq.service': '[Service]\nExecStart=/srv/venv/bin/python /srv/manage.py rqworker\n',
      'deploy/bot.service': '[Service]\nExecStart=/srv/venv/bin/python /srv/bot.py\n',
      'deploy/staging/q.service': '[Service]\nExecStart=/srv/venv/bin/python /srv/manage.py qcluster\n',
      'deploy/production/q.service': '[Service]\nExecStart=/srv/venv/bin/python /srv/manage.py qcluster\n',
    };
    expect(found(texts, ['django_rq', 'django_q']).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'rq lists',
      'command bot',
      'django-q q',
    ]);
  });

  test("a queue's own program keeps its arguments", () => {
    expect(found({ Procfile: 'jobs: huey_consumer.py site.queue.huey -k process\n' })).toEqual([
      {
        kind: 'huey',
        name: 'jobs',
        program: 'huey_consumer.py',
        arguments: ['site.queue.huey', '-k', 'process'],
        says: 'jobs in Procfile:1',
      },
    ]);
  });
});

describe('what only wraps a worker, or is none', () => {
  const compose = (command: string): Readonly<Record<string, string>> => ({
    'docker-compose.yml': `services:\n  jobs:\n    build: .\n    command: ${command}\n`,
  });

  test.each([
    ['wait-for-it web:8000 -- python ./manage.py rqworker high', 'rq', ['high']],
    ['wait-for-it.sh -t 30 db:5432 -- celery -A site worker', 'celery', ['-A', 'site', 'worker']],
    ['watchmedo auto-restart -p "*.py" --recursive -- celery -A site worker', 'celery', ['-A', 'site', 'worker']],
    ['nice -n 19 celery -A site worker', 'celery', ['-A', 'site', 'worker']],
    ['tini -g -- python manage.py qcluster', 'django-q', []],
    ['["uv", "run", "python", "-m", "manage", "qcluster"]', 'django-q', []],
    ['["python", "-m", "celery", "-A", "site", "worker"]', 'celery', ['-A', 'site', 'worker']],
  ])('%s', (command, kind, words) => {
    expect(found(compose(command))).toMatchObject([{ name: 'jobs', kind, arguments: words }]);
  });

  test.each([
    '/usr/local/bin/site server 0.0.0.0:8000',
    'make watch-css',
    'python manage.py tailwind --skip-checks watch',
    'python manage.py runserver',
    'webpack --watch',
  ])('%s is none', (command) => {
    const unit = `[Service]\nExecStart=${command}\n`;
    expect(found({ 'deploy/site.service': unit })).toEqual([]);
    expect(found({ Procfile: `more: ${command}\n` })).toEqual([]);
  });

  test('Celery without an application is of another image, where the project has none either', () => {
    expect(found(compose('celery worker'))).toEqual([]);
    expect(found(compose('celery --app=site worker'))).toHaveLength(1);
  });

  test('a unit that systemd starts once for each name is none: which names, only its owner knows', () => {
    expect(found({ 'deploy/site@.service': '[Service]\nExecStart=/usr/bin/dispatch %i\n' })).toEqual([]);
  });
});

describe('a script', () => {
  const scripts = {
    'bin/run-api.sh': '#!/bin/sh\nset -e\npython manage.py wait_for_db\nexec gunicorn site.wsgi --bind 0.0.0.0:8000\n',
    'bin/run-jobs.sh':
      '#!/bin/bash\npython manage.py wait_for_db\n# as many as there are cores\ncelery -A site worker \\\n  -l ${LEVEL:-info}\n',
    'bin/run-watch.sh': '#!/bin/sh\nexec python manage.py watch_folders\n',
    'bin/run-front.sh':
      '#!/bin/sh\nif [ "$ENV" = dev ]\nthen\n  >&2 echo "for developers"\n  npm start\nelse\n  cd /srv && gunicorn -w "$WORKERS" web.wsgi\nfi\n',
    'bin/run-queues.sh': '#!/bin/sh\nexec celery -A site worker -l ${LEVEL:-info} --concurrency="$CORES"\n',
    'bin/migrate.sh': '#!/bin/sh\npython manage.py migrate\n',
  };

  test('is what it starts in the end', () => {
    const programs = ['run-api', 'run-jobs', 'run-front', 'run-queues', 'run-watch', 'migrate'].map(
      (name) => `[program:${name}]\ncommand=/app/bin/${name}.sh\n`,
    );
    const files = ['manage.py', ...Object.keys(scripts)];
    expect(found({ ...scripts, 'supervisord.conf': programs.join('\n') }, [], files)).toMatchObject([
      { name: 'run-jobs', kind: 'celery', arguments: ['-A', 'site', 'worker', '-l', 'info'] },
      { name: 'run-queues', kind: 'command', arguments: ['bin/run-queues.sh'] },
      { name: 'run-watch', kind: 'command', arguments: ['bin/run-watch.sh'] },
    ]);
  });

  test('as an entry point of Compose counts where nothing else is started', () => {
    const compose = [
      'services:',
      '  api:',
      '    entrypoint: ["/wait-for-it.sh", "db:5432", "--", "/run-api.sh"]',
      '  jobs:',
      '    entrypoint: ["/wait-for-it.sh", "db:5432", "-t", "30", "--", "/run-jobs.sh"]',
      '  high:',
      '    command: sh -c "',
      '        ./manage.py rqworker',
      '                    --queue-class site.Queue"',
      '  nightly:',
      '    command: >',
      "      /bin/bash -c '",
      '      sleep 3;',
      "      python manage.py qcluster'",
    ].join('\n');
    expect(found({ ...scripts, 'docker-compose.yml': compose })).toMatchObject([
      { name: 'jobs', kind: 'celery' },
      { name: 'high', kind: 'rq', arguments: ['--queue-class', 'site.Queue'] },
      { name: 'nightly', kind: 'django-q', arguments: [] },
    ]);
  });
});
