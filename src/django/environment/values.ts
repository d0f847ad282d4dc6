import { createHmac } from 'node:crypto';

import type { Connection } from '../connection.ts';
import { brokerOf, type CacheConnection, cacheOf, redisEndpoints } from '../endpoints.ts';
import type { EnvironmentName } from '../facts.ts';
import { djangoEngine, engineFamily } from '../overlay/overlay-database.ts';
import { celeryUrl, plainRedisUrl } from '../read/redis.ts';
import { debugForms, listForms, portForms } from './forms.ts';
import { folderFor } from './folders.ts';
import type { EnvironmentInput } from './environment.ts';
import { origins } from './origins.ts';

/** What a server of ours is called where an address must have a host: where it has none, the overlay leads it to the socket. */
function withHost({ server }: Pick<CacheConnection, 'server'>): string {
  return server === undefined ? 'redis://localhost:6379' : `redis://${server.host}:${server.port}`;
}

/** The value of one variable, in the form that suits what the settings make of it; undefined where only the owner knows. */
export function valueFor(name: EnvironmentName, input: EnvironmentInput): string | undefined {
  return formsOf(name, input)[0];
}

/**
 * The forms that the value of one variable can have, the one that suits what the settings make of it first: the others are for
 * settings that choke on it. Empty where only the owner knows, or where nothing has to be given.
 */
export function formsOf(name: EnvironmentName, input: EnvironmentInput): readonly string[] {
  return [...new Set(forms(name, input))].filter((form) => form !== undefined);
}

function forms(name: EnvironmentName, input: EnvironmentInput): readonly (string | undefined)[] {
  const redis = redisEndpoints(input.connections);
  const broker = brokerOf(input.connections);
  const cache = cacheOf(input.connections);
  const secret = input.secrets['secret-key'];
  switch (name.purpose) {
    case 'secret-key':
      return [secret];
    case 'debug':
      // No value is safe everywhere, so it is left alone unless the settings cannot be read without one.
      return name.required ? debugForms(name) : [];
    case 'allowed-hosts':
      return listForms([...new Set([...input.domains, '127.0.0.1', 'localhost'])], name);
    case 'csrf-origins':
      return listForms(origins(input.domains, input.ports), name);
    case 'static-root':
      return [input.staticRoot];
    case 'media-root':
      return [input.mediaRoot];
    case 'folder':
      return [folderFor(name, input.filesFolder)];
    case 'base-url':
      return [baseUrl(name, input)];
    case 'redis-url':
      // Without a number: many settings append '/0' or '?db=1' themselves.
      return redis ? addresses(name, [plainRedisUrl(redis), withHost(redis)]) : [];
    case 'cache-url':
      return cache ? cacheUrls(name, cache) : [];
    case 'broker-url':
    case 'result-backend':
      return broker && mayBeRedis(name)
        ? addresses(name, [
            celeryUrl(broker, broker.database),
            `${withHost(broker)}/${broker.server ? broker.database : 0}`,
          ])
        : [];
    case 'redis-host':
      if (redis?.server) return [redis.server.host];
      // The site's Redis has no port. What is made of this is led to the socket by the overlay.
      return redis && name.required ? ['localhost'] : [];
    case 'redis-port':
      if (redis?.server) return [String(redis.server.port)];
      return redis && name.required ? ['6379'] : [];
    case 'redis-password':
      return redis && name.required ? [''] : [];
    case 'settings-module':
      // django-configurations: which of the classes.
      return [name.name === 'DJANGO_CONFIGURATION' ? name.fallback : input.facts.settingsModule.value];
    case 'email':
      return [];
    case 'other':
      return name.required && secret !== undefined ? [derivedSecret(name.name, secret)] : [];
    default:
      return databaseForms(name, input);
  }
}

/** Addresses in an order that suits who reads them: some insist on a host. */
function addresses({ cast }: EnvironmentName, [socket, host]: readonly [string, string]): readonly string[] {
  return cast === 'redis-url' || cast === 'web-url' ? [host] : [socket, host];
}

function databaseForms(name: EnvironmentName, input: EnvironmentInput): readonly (string | undefined)[] {
  const database = input.connections.find((connection) => connection.kind === 'database');
  if (!database) return [];
  const value = databaseValue(name, database, input);
  if (value === undefined) return [];
  if (name.purpose === 'database-url') return [withExpectedScheme(value, name), value];
  return name.purpose === 'database-port' ? portForms(value, database.engine, name) : [value];
}

/** PostgreSQL's addresses have two schemes, and some settings look for one of them: `url.startswith("postgres://")`. */
function withExpectedScheme(url: string, { choices = [] }: EnvironmentName): string {
  const scheme = url.slice(0, url.indexOf(':'));
  const known = choices.flatMap((one) => /^(postgres|postgresql)(?=$|:)/.exec(one)?.[1] ?? []);
  return known[0] === undefined || known.includes(scheme) ? url : `${known[0]}${url.slice(scheme.length)}`;
}

function databaseValue(
  name: EnvironmentName,
  database: Extract<Connection, { kind: 'database' }>,
  input: EnvironmentInput,
): string | undefined {
  const product = /POSTGRES|(^|_)PG/.test(name.name)
    ? 'postgresql'
    : /MYSQL|MARIADB/.test(name.name)
      ? 'mysql'
      : database.engine;
  if (product !== database.engine) return undefined;
  if (name.purpose === 'database-url') return database.url;
  if (name.purpose === 'database-name') return database.name;
  if (name.purpose === 'database-engine')
    return engineValue(name, database.engine, input.facts.installedApps.includes('django.contrib.gis'));
  // SQLite knows neither users nor hosts; settings that insist all the same get an empty one.
  if (database.engine === 'sqlite') return name.required ? '' : undefined;
  switch (name.purpose) {
    case 'database-user':
      return database.user;
    case 'database-host':
      return database.host;
    case 'database-port':
      return database.port;
    default:
      return (database.passwordSecret !== undefined ? input.secrets[database.passwordSecret] : undefined) ?? '';
  }
}

/** Selectors have as many spellings as projects: one is given only where the source shows which. The overlay does the rest. */
function engineValue(
  name: EnvironmentName,
  engine: 'postgresql' | 'mysql' | 'sqlite',
  spatial: boolean,
): string | undefined {
  const fallback = name.fallback ?? '';
  const choice = name.choices?.find((one) => engineFamily(one) === engine);
  if (choice !== undefined) return choice;
  if (engineFamily(fallback) === engine) return undefined;
  if (fallback.includes('.') || name.name.endsWith('ENGINE')) return djangoEngine(engine, spatial);
  return fallback === '' && !name.required
    ? undefined
    : { postgresql: 'postgres', mysql: 'mysql', sqlite: 'sqlite' }[engine];
}

function baseUrl(name: EnvironmentName, input: EnvironmentInput): string | undefined {
  const [first] = origins(input.domains, input.ports);
  const isUrl = /URL$|_ROOT$/.test(name.name) || (name.fallback ?? '').includes('://');
  const url = (name.fallback ?? '').endsWith('/') && first !== undefined ? `${first}/` : first;
  return isUrl ? url : input.domains[0];
}

/** What reads an address with the scheme of Django's backends: `rediscache://`, `pymemcache://`. */
const cacheReader = /^(env\.)?(cache|cache_url|dj_cache_url)$|^django_cache_url$/;

/**
 * django-environ and dj-cache-url make a unix socket's address of a URL without a host; the scheme names the backend, and the
 * default's own counts where it is one for that server. Whoever reads the text as it is gives it to Django's own backend.
 */
function cacheUrls(name: EnvironmentName, cache: CacheConnection): readonly string[] {
  const { protocol, url, server } = cache;
  const address = server ? `${server.host}:${server.port}` : cache.socket;
  const scheme = /^(\w+):/.exec(name.fallback ?? '')?.[1];
  const parsed = cacheReader.test(name.reader ?? '') || /cache/.test(scheme ?? '');
  if (protocol === 'redis') {
    if (!mayBeRedis(name)) return [];
    const scheme = `rediscache://${address}${server ? `/${cache.database}` : ''}`;
    const ours = parsed ? [scheme, url] : [url, scheme];
    return name.cast === 'redis-url' ? [`${withHost(cache)}/1`] : ours;
  }
  if (scheme !== undefined && !/memcache|pylibmc|^unix$/.test(scheme)) return [];
  const other = `${scheme !== undefined && scheme !== 'unix' ? scheme : 'pymemcache'}://${address}`;
  return parsed ? [other, url] : [url, other];
}

/** False where the default says that something else than Redis is meant: `django-db`, `locmemcache://`, `amqp://`. */
function mayBeRedis(name: EnvironmentName): boolean {
  return (
    name.fallback === undefined ||
    name.fallback === '' ||
    /^(redis|rediss|unix|rediscache|amqp|pyamqp)/.test(name.fallback)
  );
}

/**
 * A secret that is the site's own invention (a salt, a signing key): made from the site's secret key, so that it stays the same.
 * Keys of somebody else's service can only come from the owner.
 */
function derivedSecret(name: string, secret: string): string | undefined {
  if (!/(^|_)(SALT|SIGNING_KEY|JWT_SECRET(_KEY)?|JWT_KEY|SECRET_SALT|ADMIN_URL)$/.test(name)) return undefined;
  const hash = createHmac('sha256', secret).update(name).digest('hex');
  return name.endsWith('ADMIN_URL') ? 'admin/' : hash;
}
