import type { Connection } from '../../src/django/connection.ts';
import type { ReleaseRecord, SiteRecord } from '../../src/sites/record.ts';
import type { ReleaseView } from '../../src/components/component.ts';
import type { Place } from '../../src/components/place.ts';
import type { Evidence, Fact, Facts, FoundFacts, Probe, WorkerFact } from '../../src/django/facts.ts';

const because: Evidence = { says: 'a sample' };

/** A fact with evidence that says nothing. */
export function fact<const T>(value: T): Fact<T> {
  return { value, because };
}

/** What reading a plain project told; `changes` replaces parts of it. */
export function sampleFacts(changes: Partial<Facts> = {}): FoundFacts {
  return {
    folder: '/srv/forum',
    root: fact('.'),
    settingsModule: fact('forum.settings'),
    application: fact({ kind: 'wsgi', module: 'forum.wsgi', name: 'application' } as const),
    python: fact({ requires: '>=3.10' }),
    django: fact('>=5.2,<5.3'),
    dependencies: fact({ kind: 'requirements', files: ['requirements.txt'] } as const),
    requirements: [],
    installedApps: [],
    database: fact('sqlite'),
    cache: fact('none'),
    redis: fact(false),
    workers: [],
    environment: [],
    systemPackages: [],
    releaseCommands: [],
    notes: [],
    ...changes,
  };
}

/** A requirement of requirements.txt. */
export function requirement(name: string, specifier = ''): Facts['requirements'][number] {
  return { name, specifier, where: { file: 'requirements.txt', line: 1 } };
}

/** A program beside the web server. */
export function worker(kind: WorkerFact['kind'], name: string, ...args: readonly string[]): Fact<WorkerFact> {
  return fact({ kind, name, arguments: args });
}

/** A small VPS' place for the site `my-forum`; without root everybody is the current user. */
export function samplePlace(changes: Partial<Place> = {}): Place {
  const folder = '/var/lib/roadie/sites/my-forum';
  const site = { uid: 990, gid: 991, name: 'roadie-my-forum' };
  return {
    site: 'my-forum',
    domains: ['forum.example.org', 'www.forum.example.org'],
    ports: { http: 80, https: 443 },
    folders: {
      site: folder,
      releases: `${folder}/releases`,
      config: `${folder}/config`,
      data: `${folder}/data`,
      media: `${folder}/data/media`,
      files: `${folder}/data/files`,
      own: `${folder}/data/own`,
      logs: `${folder}/logs`,
      backups: `${folder}/backups`,
      cache: `${folder}/cache`,
      build: `${folder}/build`,
      checkouts: `${folder}/checkouts`,
      run: '/run/roadie/my-forum',
      edge: '/var/lib/roadie/edge',
      edgeRun: '/run/roadie/edge',
    },
    webSocket: '/run/roadie/my-forum/web/web.sock',
    users: {
      site,
      build: { uid: 994, gid: 994, name: 'roadie-my-forum_build', groups: [site.gid] },
      edge: { uid: 33, gid: 33, name: 'www-data' },
      www: { name: 'roadie-my-forum_www', gid: 991 },
      component: {
        postgresql: { uid: 992, gid: site.gid, name: 'roadie-my-forum_postgresql' },
        mariadb: { uid: 995, gid: site.gid, name: 'roadie-my-forum_mariadb' },
        memcached: { uid: 996, gid: site.gid, name: 'roadie-my-forum_memcached' },
        redis: { uid: 993, gid: site.gid, name: 'roadie-my-forum_redis' },
      },
      daemon: 'root',
    },
    machine: { cores: 2, memoryBytes: 2 * 1024 ** 3, programs: {}, installed: { brotliStatic: true } },
    secrets: { 'secret-key': 'canary-secret-key', 'database-password': 'canary-database-password' },
    ...changes,
  };
}

/** The same without root. */
export function plainPlace(): Place {
  return samplePlace({ users: { component: {}, daemon: 'anna' } });
}

/** A built release of that site. */
export function sampleRelease(changes: Partial<ReleaseView> = {}): ReleaseView {
  const folder = '/var/lib/roadie/sites/my-forum/releases/r1';
  return {
    id: 'r1',
    folder,
    root: `${folder}/code`,
    bin: `${folder}/venv/bin`,
    probe: sampleProbe(),
    application: { kind: 'wsgi', module: 'forum.wsgi', name: 'application' },
    static: { url: '/static/', folder: `${folder}/static` },
    media: null,
    environment: { SECRET_KEY: 'canary-secret-key', DJANGO_SETTINGS_MODULE: 'forum.settings' },
    healthPath: '/health/',
    ...changes,
  };
}

/** What Django said about a plain project. */
export function sampleProbe(changes: Partial<Probe> = {}): Probe {
  return {
    djangoVersion: '5.2.1',
    pythonVersion: '3.11.2',
    settingsModule: 'forum.settings',
    debug: false,
    allowedHosts: ['forum.example.org'],
    csrfTrustedOrigins: [],
    secretKeyStrength: 'strong',
    wsgiApplication: 'forum.wsgi.application',
    asgiApplication: null,
    rootUrlconf: 'forum.urls',
    staticUrl: '/static/',
    staticRoot: '/srv/static',
    staticStorage: null,
    mediaUrl: '/media/',
    mediaRoot: '',
    defaultStorage: null,
    databases: {},
    caches: {},
    installedApps: [],
    middleware: [],
    commands: [],
    healthPaths: [],
    broker: null,
    security: {},
    distributions: { gunicorn: '27.0.1', uvicorn: '0.54.0' },
    ...changes,
  };
}

/** A Redis of a site for its queues and its cache. */
export const sampleRedis = (['broker', 'cache'] as const).map((kind, database): Connection => ({
  kind,
  protocol: 'redis',
  url: `unix:///run/roadie/blog/redis.sock?db=${database}`,
  socket: '/run/roadie/blog/redis.sock',
  database,
}));

/** The record of a site that is live. */
export function sampleRecord(changes: Partial<SiteRecord> = {}): SiteRecord {
  return {
    name: 'forum',
    request: { kind: 'up' } as SiteRecord['request'],
    domains: ['forum.example'],
    ports: { http: 80, https: 443 },
    ownerEnvironment: {},
    secrets: {},
    release: { id: 'r1' } as ReleaseRecord,
    group: { group: 'forum', folders: [], services: [] },
    ...changes,
  };
}
