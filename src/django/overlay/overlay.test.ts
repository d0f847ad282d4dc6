import { describe, expect, it } from 'vitest';

import { sampleRedis as redis } from '../../../test/rig/samples.ts';
import type { Connection } from '../connection.ts';
import type { Probe } from '../facts.ts';
import { decideOverrides, type OverlayInput } from './overlay.ts';

const sqlite: Connection = {
  kind: 'database',
  engine: 'sqlite',
  name: '/site/data/sqlite/db.sqlite3',
  user: '',
  host: '',
  port: '',
  url: '',
};
const postgresql: Connection = {
  kind: 'database',
  engine: 'postgresql',
  name: 'blog',
  user: 'blog',
  host: '/run/roadie/blog/postgresql',
  port: '5432',
  url: '',
};

const ready: Probe = {
  djangoVersion: '5.2.1',
  pythonVersion: '3.12.1',
  settingsModule: 'blog.settings',
  debug: false,
  allowedHosts: ['blog.example'],
  csrfTrustedOrigins: [],
  secretKeyStrength: 'strong',
  wsgiApplication: 'blog.wsgi.application',
  asgiApplication: null,
  rootUrlconf: 'blog.urls',
  staticUrl: '/static/',
  staticRoot: '/release/static',
  staticStorage: null,
  mediaUrl: '/media/',
  mediaRoot: '/site/data/media',
  defaultStorage: null,
  databases: {
    default: {
      engine: 'django.db.backends.sqlite3',
      name: '/site/data/sqlite/db.sqlite3',
      user: '',
      host: '',
      port: '',
      options: ['init_command'],
    },
  },
  caches: { default: { backend: 'django.core.cache.backends.locmem.LocMemCache', location: '', options: [] } },
  installedApps: [],
  middleware: ['django.middleware.security.SecurityMiddleware'],
  commands: [],
  healthPaths: [],
  broker: null,
  redisSettings: {},
  security: {
    SESSION_COOKIE_SECURE: true,
    CSRF_COOKIE_SECURE: true,
    SECURE_SSL_REDIRECT: true,
    SECURE_HSTS_SECONDS: 3600,
    SECURE_PROXY_SSL_HEADER: null,
  },
  distributions: { django: '5.2.1', redis: '5.0' },
};

const wanted: OverlayInput = {
  domains: ['blog.example'],
  ports: { http: 80, https: 443 },
  connections: [sqlite],
  staticRoot: '/release/static',
  mediaRoot: '/site/data/media',
  secretKey: 'k'.repeat(64),
  https: true,
  owner: [],
};

function overrides(probe: Partial<Probe>, more: Partial<OverlayInput> = {}): Record<string, unknown> {
  return Object.fromEntries(
    decideOverrides({ ...ready, ...probe }, { ...wanted, ...more }).map(({ setting, value }) => [setting, value]),
  );
}

describe('deciding what to override', () => {
  it('changes nothing where production has what it needs', () => {
    expect(overrides({})).toEqual({});
  });

  it('gives a reason for every override', () => {
    const all = decideOverrides(
      { ...ready, debug: true, secretKeyStrength: 'weak', allowedHosts: [], staticRoot: null, mediaRoot: '' },
      wanted,
    );
    expect(all.map(({ setting }) => setting)).toEqual([
      'DEBUG',
      'SECRET_KEY',
      'ALLOWED_HOSTS',
      'STATIC_ROOT',
      'MEDIA_ROOT',
    ]);
    for (const { because } of all) expect(because).not.toBe('');
  });

  it('has no page load scripts from a development server', () => {
    const setting = 'DJANGO_VITE.default.dev_mode';
    expect(overrides({ developmentAssets: [setting] })).toEqual({ [setting]: false });
  });

  it('has the edge read large uploads, which have the mode of a temporary file otherwise', () => {
    const settings = (file: number | null | undefined, folder: number | null) =>
      Object.entries(
        overrides({ ...(file !== undefined && { uploadPermissions: file }), uploadFolderPermissions: folder }),
      ).filter(([setting]) => setting.startsWith('FILE_UPLOAD'));
    expect(settings(0o644, null)).toEqual([]);
    expect(settings(undefined, 0o755)).toEqual([]);
    expect(settings(null, null)).toEqual([['FILE_UPLOAD_PERMISSIONS', 0o640]]);
    expect(settings(0o600, 0o700)).toEqual([
      ['FILE_UPLOAD_PERMISSIONS', 0o640],
      ['FILE_UPLOAD_DIRECTORY_PERMISSIONS', 0o750],
    ]);
  });

  it('adds only the hosts that are missing', () => {
    expect(overrides({ allowedHosts: ['.blog.example', 'x'] }, { domains: ['www.blog.example', 'b.example'] })).toEqual(
      { ALLOWED_HOSTS: ['.blog.example', 'x', 'b.example'] },
    );
    expect(overrides({ allowedHosts: ['*'] })).toEqual({});
  });

  it('trusts origins with a port, without the scheme before Django 4', () => {
    const ports = { http: 8080, https: 8443 };
    expect(overrides({}, { ports })).toEqual({ CSRF_TRUSTED_ORIGINS: ['https://blog.example:8443'] });
    expect(overrides({ djangoVersion: '3.2.25' }, { ports })).toEqual({ CSRF_TRUSTED_ORIGINS: ['blog.example:8443'] });
    expect(overrides({ csrfTrustedOrigins: ['https://*.example:8443'] }, { ports, domains: ['blog.example'] })).toEqual(
      {},
    );
  });

  it('moves SQLite into the data folder, with a write-ahead log', () => {
    expect(
      overrides({
        databases: {
          default: {
            engine: 'django.db.backends.sqlite3',
            name: '/release/code/db.sqlite3',
            user: '',
            host: '',
            port: '',
            options: ['timeout'],
          },
        },
      }),
    ).toEqual({
      'DATABASES.default': { merge: { ENGINE: 'django.db.backends.sqlite3', NAME: '/site/data/sqlite/db.sqlite3' } },
      'DATABASES.default.OPTIONS': {
        merge: { init_command: expect.stringContaining('journal_mode=WAL') as unknown, transaction_mode: 'IMMEDIATE' },
      },
    });
  });

  it("leads a server database to the site's own and keeps the project's backend", () => {
    const found = {
      engine: 'django_prometheus.db.backends.postgresql',
      name: 'blog',
      user: 'blog',
      host: 'localhost',
      port: '5432',
      options: ['sslmode'],
    };
    expect(overrides({ databases: { default: found } }, { connections: [postgresql] })).toEqual({
      'DATABASES.default': {
        merge: {
          ENGINE: 'django_prometheus.db.backends.postgresql',
          NAME: 'blog',
          USER: 'blog',
          PASSWORD: '',
          HOST: '/run/roadie/blog/postgresql',
          PORT: '5432',
        },
      },
    });
    expect(
      overrides(
        { databases: { default: { ...found, host: '/run/roadie/blog/postgresql', port: '' } } },
        { connections: [postgresql] },
      ),
    ).toEqual({});
  });

  it('drops options that were meant for another engine', () => {
    expect(overrides({}, { connections: [postgresql] })).toMatchObject({ 'DATABASES.default.OPTIONS': {} });
  });

  it('leaves a database alone that the owner named', () => {
    expect(overrides({}, { connections: [postgresql], owner: ['DATABASE_URL'] })).toEqual({});
  });

  it('moves a cache in memory to Redis, into a database of its own', () => {
    const cache = {
      BACKEND: 'django.core.cache.backends.redis.RedisCache',
      LOCATION: 'unix:///run/roadie/blog/redis.sock?db=1',
    };
    const connections = [sqlite, ...redis];
    const moved = { 'CACHES.default': { merge: cache } };
    const backend = 'django.core.cache.backends.locmem.LocMemCache';
    // What the settings say beside that stays: the project's own code may read it.
    expect(overrides({}, { connections })).toEqual(moved);
    expect(
      overrides({ caches: { default: { backend, location: '', options: ['MAX_ENTRIES'] } } }, { connections }),
    ).toEqual({
      ...moved,
      'CACHES.default.OPTIONS': {},
    });
    expect(overrides({ djangoVersion: '3.2' }, { connections: [sqlite, ...redis] })).toEqual({});
  });

  describe('with a Memcached', () => {
    const memcached: Connection = {
      kind: 'cache',
      protocol: 'memcached',
      socket: '/run/roadie/blog/m.sock',
      url: 'unix:/run/roadie/blog/m.sock',
      database: 0,
    };
    const connections = [sqlite, memcached];
    const backend = 'django.core.cache.backends.memcached.PyMemcacheCache';

    it('leads caches beside the project to its socket, in the words of their backend, and no others', () => {
      const caches = {
        default: { backend, location: '127.0.0.1:11211' },
        many: { backend, location: 'memcached:11211,localhost:11211' },
        binary: { backend: 'django_bmemcached.memcached.BMemcached', location: '' },
        far: { backend, location: 'cache.example.com:11211' },
        done: { backend, location: memcached.url },
      };
      expect(overrides({ caches }, { connections })).toEqual({
        'CACHES.default.LOCATION': memcached.url,
        'CACHES.many.LOCATION': memcached.url,
        'CACHES.binary.LOCATION': memcached.socket,
      });
      expect(overrides({ caches }, { connections, owner: ['CACHE_URL'] })).toEqual({});
    });

    it('moves a cache there that the settings keep in Redis or in memory, without options of the other', () => {
      const distributions = { pymemcache: '4.0' };
      const moved = { BACKEND: backend, LOCATION: memcached.url };
      expect(overrides({ distributions, caches: {} }, { connections })).toEqual({ 'CACHES.default': { merge: moved } });
      const caches = {
        default: { backend: 'django.core.cache.backends.redis.RedisCache', location: 'redis://127.0.0.1:6379/1' },
      };
      expect(overrides({ distributions, caches }, { connections })).toEqual({
        'CACHES.default': { merge: moved },
        'CACHES.default.OPTIONS': {},
      });
    });
  });

  it('leads MySQL to the socket, as whoever runs it, with all of Unicode', () => {
    const mysql: Connection = {
      kind: 'database',
      engine: 'mysql',
      name: 'blog',
      user: 'roadie-blog',
      ownUser: true,
      host: '/run/roadie/blog/mariadb.sock',
      port: '',
      url: 'mysql://x',
    };
    const found = { engine: 'django.db.backends.mysql', user: 'root', host: 'db', port: '3306', options: [] };
    const changed = overrides({ databases: { default: { ...found, name: 'x' } } }, { connections: [mysql] });
    expect(changed).toMatchObject({
      'DATABASES.default': { merge: { ENGINE: found.engine, NAME: 'blog', HOST: mysql.host, PORT: '', PASSWORD: '' } },
      'DATABASES.default.USER': { systemUser: true },
      'DATABASES.default.OPTIONS': { merge: { charset: 'utf8mb4' } },
    });
  });

  it('leads every address of a Redis beside the project to the socket, in the words of its reader', () => {
    const settings = {
      'CACHES.default.LOCATION': 'redis://127.0.0.1:6379/3',
      'CACHES.pages.LOCATION': 'unix:///run/roadie/blog/redis.sock/1',
      'CHANNEL_LAYERS.default.CONFIG.hosts.0': 'redis://redis:6379',
      'RQ_QUEUES.high': 'redis://localhost:6379/0',
      CELERY_BROKER_URL: 'unix:///run/roadie/blog/redis.sock',
      CELERY_RESULT_BACKEND: 'redis+socket:///run/roadie/blog/redis.sock?virtual_host=0',
      REMOTE: 'redis://cache.example.com:6379/0',
      REDIS_URL: 'unix:///run/roadie/blog/redis.sock',
    };
    const caches = { default: { backend: 'django_redis.cache.RedisCache', location: 'redis://127.0.0.1:6379/3' } };
    expect(overrides({ redisSettings: settings, caches }, { connections: [sqlite, ...redis] })).toEqual({
      'CACHES.default.LOCATION': 'unix:///run/roadie/blog/redis.sock?db=3',
      'CACHES.pages.LOCATION': 'unix:///run/roadie/blog/redis.sock?db=1',
      'CHANNEL_LAYERS.default.CONFIG.hosts.0': 'unix:///run/roadie/blog/redis.sock?db=0',
      'RQ_QUEUES.high': { merge: { URL: 'unix:///run/roadie/blog/redis.sock?db=0' } },
      CELERY_BROKER_URL: 'redis+socket:///run/roadie/blog/redis.sock?virtual_host=0',
    });
    expect(
      overrides({ redisSettings: settings, caches }, { connections: [sqlite, ...redis], owner: ['REDIS_URL'] }),
    ).toEqual({});
  });

  it("gives Channels a layer between processes in the place of one process's memory", () => {
    const channelLayers = {
      default: 'channels.layers.InMemoryChannelLayer',
      other: 'channels_redis.core.RedisChannelLayer',
    };
    const connections = [sqlite, ...redis];
    expect(
      overrides({ channelLayers, caches: {}, distributions: { 'channels-redis': '4.2' } }, { connections }),
    ).toEqual({
      'CHANNEL_LAYERS.default': {
        BACKEND: 'channels_redis.core.RedisChannelLayer',
        CONFIG: { hosts: ['unix:///run/roadie/blog/redis.sock?db=0'], prefix: 'asgi-default' },
      },
    });
    expect(overrides({ channelLayers, caches: {}, distributions: {} }, { connections })).toEqual({});
  });

  it('gives Celery a broker in place of a RabbitMQ that is not there', () => {
    expect(
      overrides(
        { broker: 'amqp://guest@localhost:5672//', caches: {}, distributions: {} },
        { connections: [sqlite, ...redis] },
      ),
    ).toEqual({ CELERY_BROKER_URL: 'redis+socket:///run/roadie/blog/redis.sock?virtual_host=0' });
  });

  it("keeps Celery's results beside its broker where the settings have an empty address for them", () => {
    const connections = [sqlite, ...redis];
    const ours = 'redis+socket:///run/roadie/blog/redis.sock?virtual_host=0';
    const redisSettings = { CELERY_BROKER_URL: ours };
    expect(overrides({ redisSettings, resultBackend: '' }, { connections })).toMatchObject({
      CELERY_RESULT_BACKEND: ours,
    });
    expect(overrides({ redisSettings, resultBackend: null }, { connections })).not.toHaveProperty(
      'CELERY_RESULT_BACKEND',
    );
    expect(overrides({ resultBackend: '' }, { connections })).not.toHaveProperty('CELERY_RESULT_BACKEND');
  });

  it("sends log files in the code to the service's log", () => {
    const handler = { class: 'logging.StreamHandler', level: 'INFO' };
    expect(overrides({ fileLogs: { file: handler } })).toEqual({ 'LOGGING.handlers.file': handler });
  });

  it('adds what a project ships in its STATIC_ROOT alone to what is collected', () => {
    expect(overrides({ staticRoot: '/release/code/static', unclaimedStatic: ['site'] })).toEqual({
      STATIC_ROOT: '/release/static',
      STATICFILES_DIRS: { append: [['site', '/release/code/static/site']] },
    });
  });

  it('secures cookies and redirects once there is HTTPS, with a short HSTS on the usual ports only', () => {
    const security = {
      SESSION_COOKIE_SECURE: false,
      CSRF_COOKIE_SECURE: false,
      SECURE_SSL_REDIRECT: false,
      SECURE_HSTS_SECONDS: 0,
      SECURE_PROXY_SSL_HEADER: null,
    };
    expect(overrides({ security })).toEqual({
      SESSION_COOKIE_SECURE: true,
      CSRF_COOKIE_SECURE: true,
      SECURE_SSL_REDIRECT: true,
      SECURE_HSTS_SECONDS: 3600,
    });
    expect(overrides({ security }, { https: false })).toEqual({});
    expect(
      overrides(
        { security, csrfTrustedOrigins: ['https://blog.example:8443'] },
        { ports: { http: 8080, https: 8443 } },
      ),
    ).not.toHaveProperty('SECURE_HSTS_SECONDS');
  });

  it('never makes a redirect that would not end', () => {
    const security = {
      ...ready.security,
      SECURE_SSL_REDIRECT: false,
      SECURE_PROXY_SSL_HEADER: 'HTTP_X_FORWARDED_PROTO=on',
    };
    expect(overrides({ security })).toEqual({});
    expect(overrides({ security: { ...security, SECURE_SSL_REDIRECT: true } })).toEqual({
      SECURE_PROXY_SSL_HEADER: ['HTTP_X_FORWARDED_PROTO', 'https'],
    });
  });
});
