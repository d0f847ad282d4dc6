import type { SettingsScan } from './scan.ts';

/** What keeps a queue's jobs: the site's Redis, something that the project has anyway (its database, a file), or a server elsewhere. */
export type Broker = 'redis' | 'own' | 'elsewhere';

/** A task queue of Django's world: by what it is recognized, and what its worker is. A new one is an entry here and a component. */
export type Queue = {
  /** Name of the component that runs it. */
  readonly kind: string;
  /** What the worker is called as a service, where nothing else names it. */
  readonly service: string;
  /** Entries of INSTALLED_APPS that mean it. */
  readonly app: RegExp;
  /** The command of manage.py that is its worker. */
  readonly command: string;
  /** Last parts of the names of other programs that are its worker. */
  readonly programs?: RegExp;
  /** The arguments of each worker that INSTALLED_APPS alone asks for; none where the settings say that nothing is to be done apart. */
  readonly workers: (settings: SettingsScan) => readonly (readonly string[])[];
  readonly broker: (settings: SettingsScan) => Broker;
};

/** Celery is not among them: it is recognized by its application, not by an app. */
export const queues: readonly Queue[] = [
  {
    kind: 'rq',
    service: 'worker',
    app: /^django_(tasks_)?rq(\.|$)/,
    command: 'rqworker',
    workers: rqWorkers,
    broker: () => 'redis',
  },
  {
    kind: 'huey',
    service: 'huey',
    app: /^huey\.contrib\.djhuey(\.|$)/,
    command: 'run_huey',
    programs: /^huey_consumer(\.py)?$/,
    workers: () => [[]],
    broker: hueyBroker,
  },
  {
    kind: 'django-q',
    service: 'qcluster',
    app: /^django_q(\.|$)/,
    command: 'qcluster',
    workers: () => [[]],
    broker: djangoQBroker,
  },
  {
    kind: 'dramatiq',
    service: 'dramatiq',
    app: /^django_dramatiq(\.|$)/,
    command: 'rundramatiq',
    programs: /^dramatiq(-gevent)?$/,
    workers: () => [[]],
    broker: dramatiqBroker,
  },
  {
    kind: 'django-tasks',
    service: 'tasks',
    app: /^django_tasks(_db|\.backends\.database)(\.|$)/,
    command: 'db_worker',
    workers: databaseWorkers,
    broker: () => 'own',
  },
  {
    kind: 'background-tasks',
    service: 'background-tasks',
    app: /^background_task(\.|$)/,
    command: 'process_tasks',
    workers: () => [[]],
    broker: () => 'own',
  },
];

/** The setting's outline where it is a dictionary, or a call with its keywords; undefined where it is not set or not known. */
function outline(settings: SettingsScan, name: string): Readonly<Record<string, unknown>> | undefined {
  return record(settings.queueSettings[name]?.value);
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Django's tasks on RQ need a class of job of their own, which refuses other jobs: their queues get a worker apart. */
function rqWorkers(settings: SettingsScan): readonly (readonly string[])[] {
  const all = settings.queues ?? ['default'];
  if (!settings.installedApps.some((app) => app.value.startsWith('django_tasks_rq'))) return [all];
  const ofTasks = new Set(taskBackends(settings, /RQBackend$/).flatMap(({ queues: named }) => named));
  const plain = all.filter((queue) => !ofTasks.has(queue));
  const tasks = all.filter((queue) => ofTasks.has(queue));
  return [
    ...(plain.length > 0 ? [plain] : []),
    ...(tasks.length > 0 ? [['--job-class', 'django_tasks_rq.Job', ...tasks]] : []),
  ];
}

/** One for each backend that keeps its tasks in the database; the standard one where the settings do not tell. */
function databaseWorkers(settings: SettingsScan): readonly (readonly string[])[] {
  if (outline(settings, 'TASKS') === undefined) return [[]];
  return taskBackends(settings, /DatabaseBackend$/).map(({ alias }) =>
    alias === 'default' ? [] : [`--backend=${alias}`],
  );
}

/** The backends of TASKS of one class, whichever branch of the settings sets them. What cannot be told may be of that class. */
function taskBackends(
  settings: SettingsScan,
  backend: RegExp,
): readonly { readonly alias: string; readonly queues: readonly string[] }[] {
  return Object.entries(outline(settings, 'TASKS') ?? {}).flatMap(([alias, value]) => {
    const { BACKEND, QUEUES } = record(value) ?? {};
    if (typeof BACKEND === 'string' && !backend.test(BACKEND)) return [];
    return [{ alias, queues: Array.isArray(QUEUES) ? QUEUES.map(String) : ['default'] }];
  });
}

/** Redis unless its class says otherwise: https://huey.readthedocs.io/en/latest/django.html */
function hueyBroker(settings: SettingsScan): Broker {
  const huey = outline(settings, 'HUEY');
  return /(Sqlite|File|Memory|Postgres|Sql)Huey$/.test(text(huey?.['huey_class']) || text(huey?.['call']))
    ? 'own'
    : 'redis';
}

/** https://django-q2.readthedocs.io/en/master/brokers.html */
function djangoQBroker(settings: SettingsScan): Broker {
  const cluster = outline(settings, 'Q_CLUSTER') ?? {};
  if ('orm' in cluster) return 'own';
  return ['sqs', 'iron_mq', 'mongo', 'broker_class'].some((key) => key in cluster) ? 'elsewhere' : 'redis';
}

/** RabbitMQ beside the project is replaced by the site's Redis, as it is for Celery. */
function dramatiqBroker(settings: SettingsScan): Broker {
  const broker = text(outline(settings, 'DRAMATIQ_BROKER')?.['BROKER']);
  return broker === '' || /(Redis|Rabbitmq)Broker$/.test(broker) ? 'redis' : 'elsewhere';
}
