import { describe, expect, it } from 'vitest';

import { sampleRedis as redis } from '../../../test/rig/samples.ts';
import type { Connection } from '../connection.ts';
import { composeEnvironment, type EnvironmentInput } from './environment.ts';
import { purposeOf } from './environment-names.ts';
import type { EnvironmentName, Facts } from '../facts.ts';

const database: Connection = {
  kind: 'database',
  engine: 'postgresql',
  name: 'blog',
  user: 'blog',
  host: '/run/roadie/blog/postgresql',
  port: '5432',
  url: 'postgresql://blog@%2Frun%2Froadie%2Fblog%2Fpostgresql/blog',
};
const sqlite: Connection = {
  kind: 'database',
  engine: 'sqlite',
  name: '/data/db.sqlite3',
  user: '',
  host: '',
  port: '',
  url: 'sqlite:////data/db.sqlite3',
};
const key = 'k'.repeat(64);

function read(name: string, more: Partial<EnvironmentName> = {}): EnvironmentName {
  return { name, purpose: purposeOf(name, []), required: false, where: { file: 'blog/settings.py', line: 1 }, ...more };
}

function compose(names: readonly EnvironmentName[], more: Partial<EnvironmentInput> = {}) {
  const because = { says: '' };
  const facts: Facts = {
    root: { value: '.', because },
    settingsModule: { value: 'blog.settings', because },
    application: { value: { kind: 'wsgi', module: 'blog.wsgi', name: 'application' }, because },
    python: { value: { requires: '' }, because },
    dependencies: { value: { kind: 'none' }, because },
    requirements: [],
    installedApps: [],
    database: { value: 'postgresql', because },
    cache: { value: 'none', because },
    redis: { value: true, because },
    workers: [],
    environment: names,
    systemPackages: [],
    releaseCommands: [],
    notes: [],
  };
  return composeEnvironment({
    facts,
    connections: [database, ...redis],
    owner: {},
    secrets: { 'secret-key': key },
    domains: ['blog.example', 'www.blog.example'],
    ports: { http: 80, https: 443 },
    staticRoot: '/release/static',
    mediaRoot: '/data/media',
    filesFolder: '/data/files',
    ...more,
  });
}

describe('composing the environment', () => {
  it('sets the settings module and nothing that the settings do not read', () => {
    expect(compose([]).environment).toEqual({ DJANGO_SETTINGS_MODULE: 'blog.settings' });
  });

  it.each([
    [['postgres://'], /^postgres:/],
    [['postgres', 'sqlite'], /^postgres:/],
    [['postgresql://', 'postgres://'], /^postgresql:/],
    [['mysql'], /^postgresql:/],
  ])('gives a database its URL with the scheme that the settings look for: %j', (choices, scheme) => {
    expect(compose([read('DATABASE_URL', { choices })]).environment['DATABASE_URL']).toMatch(scheme);
  });

  it('gives a database by URL and by parts', () => {
    const { environment } = compose([
      read('DATABASE_URL'),
      read('DB_NAME'),
      read('DB_USER'),
      read('DB_PASSWORD'),
      read('DB_HOST'),
      read('DB_PORT'),
    ]);
    expect(environment).toEqual({
      DJANGO_SETTINGS_MODULE: 'blog.settings',
      DATABASE_URL: database.url,
      DB_NAME: 'blog',
      DB_USER: 'blog',
      DB_PASSWORD: '',
      DB_HOST: '/run/roadie/blog/postgresql',
      DB_PORT: '5432',
    });
  });

  it('leaves names of another product alone', () => {
    expect(compose([read('MYSQL_HOST'), read('MYSQL_PASSWORD', { required: true })])).toMatchObject({
      environment: { DJANGO_SETTINGS_MODULE: 'blog.settings' },
      unknown: [{ name: 'MYSQL_PASSWORD' }],
    });
  });

  it('gives SQLite its file, and users and hosts only to settings that insist', () => {
    const { environment } = compose([read('DB_NAME'), read('DB_USER'), read('DB_HOST', { required: true })], {
      connections: [sqlite],
    });
    expect(environment).toEqual({ DJANGO_SETTINGS_MODULE: 'blog.settings', DB_NAME: '/data/db.sqlite3', DB_HOST: '' });
  });

  it('names hosts with the loopback ones, and origins with the port where it is not 443', () => {
    const { environment } = compose([read('ALLOWED_HOSTS'), read('CSRF_TRUSTED_ORIGINS')], {
      ports: { http: 8080, https: 8443 },
    });
    expect(environment).toMatchObject({
      ALLOWED_HOSTS: 'blog.example,www.blog.example,127.0.0.1,localhost',
      CSRF_TRUSTED_ORIGINS: 'https://blog.example:8443,https://www.blog.example:8443',
    });
  });

  it('writes the address of Redis as each reader understands it', () => {
    const { environment } = compose([
      read('REDIS_URL'),
      read('CELERY_BROKER_URL'),
      read('CELERY_RESULT_BACKEND', { fallback: 'django-db' }),
      read('CACHE_URL', { reader: 'env.cache' }),
      read('REDIS_HOST'),
    ]);
    expect(environment).toEqual({
      DJANGO_SETTINGS_MODULE: 'blog.settings',
      REDIS_URL: 'unix:///run/roadie/blog/redis.sock',
      CELERY_BROKER_URL: 'redis+socket:///run/roadie/blog/redis.sock?virtual_host=0',
      CACHE_URL: 'rediscache:///run/roadie/blog/redis.sock',
    });
  });

  it('gives whoever reads the address of a cache as it is the one that the backend reads', () => {
    const socket = '/run/roadie/blog/redis.sock';
    const given = (more: Partial<EnvironmentName>) =>
      compose([read('CACHE_URL', more)]).environment['CACHE_URL']?.replace(/\?.*$/, '');
    expect(given({})).toBe(`unix://${socket}`);
    expect(given({ fallback: 'redis://localhost:6379/1' })).toBe(`unix://${socket}`);
    expect(given({ fallback: 'rediscache://localhost:6379/1' })).toBe(`rediscache://${socket}`);
    expect(given({ fallback: 'locmemcache://', reader: 'env.cache' })).toBeUndefined();
  });

  it('gives an address with a host to whoever checks for one', () => {
    const { environment } = compose([
      read('REDIS_URL', { cast: 'redis-url' }),
      read('CELERY_BROKER_URL', { cast: 'redis-url' }),
    ]);
    expect(environment).toMatchObject({
      REDIS_URL: 'redis://localhost:6379',
      CELERY_BROKER_URL: 'redis://localhost:6379/0',
    });
  });

  it("gives folders of the site's data", () => {
    const folder = { purpose: 'folder' as const, required: true };
    expect(compose([read('DATA_DIR', folder), read('MEDIA_DIR')]).environment).toMatchObject({
      DATA_DIR: '/data/files/data_dir',
      MEDIA_DIR: '/data/media',
    });
  });

  it('writes lists as they are read', () => {
    const { environment } = compose([read('ALLOWED_HOSTS', { cast: 'json' })]);
    expect(environment['ALLOWED_HOSTS']).toBe('["blog.example","www.blog.example","127.0.0.1","localhost"]');
  });

  it('leaves DEBUG unset unless the settings cannot be read without it', () => {
    expect(compose([read('DEBUG')]).environment).not.toHaveProperty('DEBUG');
    expect(compose([read('DEBUG', { required: true })]).environment).toHaveProperty('DEBUG', 'False');
  });

  it('sets a selector as the source spells it', () => {
    expect(compose([read('DB', { choices: ['mysql', 'postgres'] })]).environment).toHaveProperty('DB', 'postgres');
    expect(compose([read('DB_ENGINE', { fallback: 'django.db.backends.sqlite3' })]).environment).toHaveProperty(
      'DB_ENGINE',
      'django.db.backends.postgresql',
    );
    expect(compose([read('DB_ENGINE', { fallback: 'django.db.backends.postgresql' })]).environment).not.toHaveProperty(
      'DB_ENGINE',
    );
  });

  it("never overrides the owner's values, and passes on those that the settings do not read", () => {
    const { environment, given } = compose([read('SECRET_KEY'), read('DATABASE_URL')], {
      owner: { DATABASE_URL: 'postgres://elsewhere/db', EXTRA: '1', DJANGO_SETTINGS_MODULE: 'blog.other' },
    });
    expect(environment).toEqual({
      DJANGO_SETTINGS_MODULE: 'blog.other',
      SECRET_KEY: key,
      DATABASE_URL: 'postgres://elsewhere/db',
      EXTRA: '1',
    });
    expect(given.map(({ name }) => name)).not.toContain('DATABASE_URL');
  });

  it('asks the owner for what is required and foreign, and makes secrets of its own', () => {
    const { environment, unknown } = compose([
      read('STRIPE_SECRET_KEY', { required: true }),
      read('MAILGUN_API_KEY', { required: true }),
      read('PASSWORD_SALT', { required: true }),
      read('SENTRY_DSN'),
    ]);
    expect(unknown.map(({ name }) => name)).toEqual(['STRIPE_SECRET_KEY', 'MAILGUN_API_KEY']);
    expect(environment['PASSWORD_SALT']).toMatch(/^[0-9a-f]{64}$/);
    expect(environment['PASSWORD_SALT']).toBe(
      compose([read('PASSWORD_SALT', { required: true })]).environment['PASSWORD_SALT'],
    );
  });
});
