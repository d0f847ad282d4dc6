import type { RoadieEvent } from '../../src/contract/events.ts';
import type { PlanView } from '../../src/contract/plan.ts';
import type { JobResults } from '../../src/contract/results.ts';
import type { Status } from '../../src/contract/status.ts';

/** What a daemon could say, in the shape of the contract: for the tests of whoever reads it. */

export const status: Status = {
  daemon: {
    pid: 812,
    version: '0.1.0',
    memory_bytes: 61_000_000,
    disk_free_bytes: 31_400_000_000,
    schedule: [],
    not_enforced: [],
  },
  sites: [
    {
      name: 'boards',
      url: 'https://boards.localhost',
      release: '20260504-115500-3f2a9c1',
      state: 'live',
      bake: null,
      held: null,
      alarms: [],
      disk: { releases: 3, releases_limit: 5, logs_bytes: 2_400_000, logs_limit_bytes: 283_000_000 },
      services: [
        {
          name: 'postgresql',
          state: 'ready',
          pid: 901,
          since: '2026-05-04T08:00:00Z',
          restarts: 0,
          memory_bytes: 48_300_000,
          cpu_percent: 0.4,
        },
        {
          name: 'web',
          state: 'ready',
          pid: 1204,
          since: '2026-05-04T11:55:10Z',
          restarts: 1,
          memory_bytes: 184_000_000,
          cpu_percent: 12.25,
        },
        {
          name: 'worker',
          state: 'waiting',
          pid: null,
          since: '2026-05-04T11:59:57Z',
          restarts: 14,
          memory_bytes: null,
          cpu_percent: null,
          early_ends: { count: 14, loop: true, error: "ImportError: cannot import name 'Channel' from 'kombu'" },
        },
      ],
    },
    {
      name: 'shop',
      url: 'https://shop.example.org',
      release: null,
      state: 'incomplete',
      bake: null,
      held: null,
      alarms: [],
      disk: { releases: 0, releases_limit: 5, logs_bytes: 0, logs_limit_bytes: 0 },
      services: [],
    },
  ],
};

export const plan: PlanView = {
  site: 'boards',
  fingerprint: 'f1',
  changes: [
    {
      action: 'create',
      id: 'package:nginx-light',
      kind: 'package',
      title: 'nginx-light',
      because: 'HTTPS and static files',
    },
    {
      action: 'create',
      id: 'package:libnginx-mod-http-brotli-static',
      kind: 'package',
      title: 'libnginx-mod-http-brotli-static',
      because: 'HTTPS and static files',
    },
    {
      action: 'create',
      id: 'package:postgresql-15',
      kind: 'package',
      title: 'postgresql-15',
      because: 'psycopg in requirements.txt:4',
    },
    {
      action: 'keep',
      id: 'user:roadie-boards',
      kind: 'user',
      title: 'user roadie-boards',
      because: 'the site runs as a user of its own',
    },
    ...['releases', 'config', 'data', 'media', 'logs'].map((name) => ({
      action: 'create' as const,
      id: `folder:${name}`,
      kind: 'folder',
      title: `/var/lib/roadie/sites/boards/${name}`,
      because: "the site's files",
    })),
    {
      action: 'update',
      id: 'file:edge/boards.conf',
      kind: 'file',
      title: '/var/lib/roadie/edge/boards.conf',
      because: 'NGINX configuration of the site',
      how: 'line 12: client_max_body_size 99m, should be 20m',
    },
    {
      action: 'create',
      id: 'release:boards',
      kind: 'release',
      title: 'release of commit 3f2a9c1',
      because: 'there is none yet',
    },
    { action: 'later', id: 'service:web', kind: 'service', title: 'web (Gunicorn)', because: 'runs the release' },
    {
      action: 'remove',
      id: 'service:beat',
      kind: 'service',
      title: 'beat (Celery)',
      because: 'no longer in the project',
    },
  ],
};

export const emptyPlan: PlanView = {
  site: 'boards',
  fingerprint: 'f0',
  changes: plan.changes.map((change) => ({
    action: 'keep',
    id: change.id,
    kind: change.kind,
    title: change.title,
    because: change.because,
  })),
};

const time = '2026-05-04T11:59:00.000Z';

export const upEvents: readonly RoadieEvent[] = [
  { type: 'job-started', time, site: 'boards', job: 'j1', kind: 'up', title: 'up' },
  { type: 'step-started', time, job: 'j1', step: 'inspect', title: 'Find out what the project is' },
  {
    type: 'step-finished',
    time,
    job: 'j1',
    step: 'inspect',
    title: 'Find out what the project is',
    seconds: 0.21,
    outcome: 'done',
  },
  { type: 'plan-made', time, job: 'j1', plan },
  {
    type: 'step-started',
    time,
    job: 'j1',
    step: 'packages',
    title: 'Install 3 packages',
    log: '/var/lib/roadie/state/jobs/j1.log',
  },
  { type: 'note', time, level: 'warning', text: 'apt was locked by another program for 4 s' },
  {
    type: 'step-finished',
    time,
    job: 'j1',
    step: 'packages',
    title: 'Install 3 packages',
    seconds: 41.3,
    outcome: 'done',
  },
  {
    type: 'step-finished',
    time,
    job: 'j1',
    step: 'static',
    title: 'Collect static files',
    seconds: 0,
    outcome: 'skipped',
    detail: 'the project has none',
  },
  { type: 'release-switched', time, site: 'boards', release: '20260504-115500-3f2a9c1' },
];

const gunicorn = { server: 'gunicorn', worker_class: 'gthread', workers: 3, threads: 4 };
const uwsgi = { server: 'uwsgi', worker_class: null, workers: 3, threads: 4 };

export const tuneResult: JobResults['tune'] = {
  site: 'boards',
  pages: ['/', '/topics/1/'],
  seconds: 5,
  clients: 16,
  measured: [
    { ...gunicorn, requests_per_second: 110.2, p95_ms: 161.4, memory_bytes: 180_000_000, failed: 0 },
    {
      ...gunicorn,
      workers: 2,
      threads: 1,
      requests_per_second: 118,
      p95_ms: 150,
      memory_bytes: 120_000_000,
      failed: 0,
    },
    { ...uwsgi, requests_per_second: 162.5, p95_ms: 104, memory_bytes: null, failed: 0 },
  ],
  left_out: [
    { ...gunicorn, worker_class: 'gevent', because: 'trial of boards did not become ready' },
    {
      server: 'granian',
      worker_class: null,
      workers: null,
      threads: null,
      because: 'granian>=2.5 could not be installed',
    },
  ],
  note: null,
  recommended: uwsgi,
  because: '47 % more requests a second than gunicorn (gthread) with 3 processes of 4 threads, as it runs now',
  applied: false,
};

export const upResult: JobResults['up'] = {
  site: 'boards',
  url: 'https://boards.localhost',
  applied: true,
  plan,
  release: '20260504-115500-3f2a9c1',
  bake: null,
  certificate: { issuer: 'Roadie local authority', not_after: '2026-08-01T00:00:00Z', trusted: false },
  overrides: [
    { setting: 'ALLOWED_HOSTS', value: ['boards.localhost'], because: 'the settings allow no host' },
    { setting: 'STATIC_ROOT', value: '/var/lib/roadie/sites/boards/current/static', because: 'it is not set' },
  ],
  notes: ['db.sqlite3 in the repository is not used'],
};

/** One of each kind. */
export const allEvents: readonly RoadieEvent[] = [
  ...upEvents,
  {
    type: 'alarm',
    time,
    site: 'boards',
    text: 'Release 20260504-115500-3f2a9c1 was given up, and 20260503-090000-1b2c3d4 serves again: 5 of 10 requests failed',
    cure: ['Push a fix: the next commit is released by itself. To try the same once more:', '$ roadie deploy boards'],
  },
  {
    type: 'step-finished',
    time,
    job: 'j1',
    step: 'migrate',
    title: 'Migrate',
    seconds: 3.14,
    outcome: 'failed',
    detail: 'relation "a" exists',
  },
  {
    type: 'job-finished',
    time,
    site: 'boards',
    job: 'j1',
    seconds: 130,
    outcome: 'failed',
    problems: [{ code: 'migration-failed', summary: 'Migration boards.0002 failed', cure: ['Fix it.'] }],
  },
  { type: 'job-finished', time, site: 'boards', job: 'j2', seconds: 1.2, outcome: 'nothing', problems: [] },
  {
    type: 'service-changed',
    time,
    site: 'boards',
    service: 'web',
    from: 'starting',
    to: 'ready',
    pid: 1204,
    reason: '',
  },
  {
    type: 'service-changed',
    time,
    site: 'boards',
    service: 'worker',
    from: 'ready',
    to: 'waiting',
    reason: 'exit code 1\u001B[2J',
  },
  { type: 'daemon-started', time, version: '0.1.0', pid: 812, adopted: 5 },
  { type: 'daemon-stopping', time, reason: 'signal' },
];
