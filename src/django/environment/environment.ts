import { createHmac } from 'node:crypto';

import type { Connection } from '../connection.ts';
import type { EnvironmentName, Facts, Purpose } from '../facts.ts';
import { origins } from './origins.ts';
import { djangoEngine, engineFamily } from '../overlay/overlay-database.ts';
import { brokerOf, type CacheConnection, cacheOf, redisEndpoints } from '../endpoints.ts';
import { celeryUrl } from '../read/redis.ts';

export type EnvironmentInput = {
  readonly facts: Facts;
  readonly connections: readonly Connection[];
  /** What the owner set: always wins. */
  readonly owner: Readonly<Record<string, string>>;
  /** `secret-key` is the site's SECRET_KEY. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly domains: readonly string[];
  readonly ports: { readonly http: number; readonly https: number };
  readonly staticRoot: string;
  readonly mediaRoot: string;
};

export type ComposedEnvironment = {
  readonly environment: Readonly<Record<string, string>>;
  /** What Roadie gave, without the values: some are secrets. */
  readonly given: readonly { readonly name: string; readonly purpose: Purpose; readonly because: string }[];
  /** Required, and known to the owner alone. */
  readonly unknown: readonly EnvironmentName[];
};

/** The environment of a site's Django processes: only names that its settings read, the settings module, and the owner's. */
export function composeEnvironment(input: EnvironmentInput): ComposedEnvironment {
  const environment: Record<string, string> = { DJANGO_SETTINGS_MODULE: input.facts.settingsModule.value };
  const given: { name: string; purpose: Purpose; because: string }[] = [
    { name: 'DJANGO_SETTINGS_MODULE', purpose: 'settings-module', because: input.facts.settingsModule.because.says },
  ];
  const unknown: EnvironmentName[] = [];
  for (const name of input.facts.environment) {
    if (name.name === 'DJANGO_SETTINGS_MODULE' || name.name in input.owner) continue;
    const value = valueFor(name, input);
    if (value !== undefined) {
      environment[name.name] = value;
      given.push({
        name: name.name,
        purpose: name.purpose,
        because: `read in ${name.where.file}:${name.where.line ?? 1}`,
      });
    } else if (name.required) {
      unknown.push(name);
    }
  }
  return { environment: { ...environment, ...input.owner }, given, unknown };
}

/** The value of one variable that the settings turned out to need although their source did not show it; undefined where only the owner knows. */
export function valueFor(name: EnvironmentName, input: EnvironmentInput): string | undefined {
  const database = input.connections.find((connection) => connection.kind === 'database');
  const redis = redisEndpoints(input.connections);
  const broker = brokerOf(input.connections);
  const cache = cacheOf(input.connections);
  const secret = input.secrets['secret-key'];
  switch (name.purpose) {
    case 'secret-key':
      return secret;
    case 'debug':
      // No value is safe everywhere, so it is left alone unless the settings cannot be read without one.
      return name.required ? 'False' : undefined;
    case 'allowed-hosts':
      return [...new Set([...input.domains, '127.0.0.1', 'localhost'])].join(',');
    case 'csrf-origins':
      return origins(input.domains, input.ports).join(',');
    case 'static-root':
      return input.staticRoot;
    case 'media-root':
      return input.mediaRoot;
    case 'base-url':
      return baseUrl(name, input);
    case 'redis-url':
      // Without a number: many settings append '/0' or '?db=1' themselves.
      return redis && `unix://${redis.socket}`;
    case 'cache-url':
      return cache && cacheUrl(name, cache);
    case 'broker-url':
    case 'result-backend':
      return broker && (mayBeRedis(name) ? celeryUrl(broker, broker.database) : undefined);
    case 'redis-host':
      // The site's Redis has no port. What is made of this is led to the socket by the overlay.
      return redis && name.required ? 'localhost' : undefined;
    case 'redis-port':
      return redis && name.required ? '6379' : undefined;
    case 'redis-password':
      return redis && name.required ? '' : undefined;
    case 'settings-module':
      // django-configurations: which of the classes.
      return name.name === 'DJANGO_CONFIGURATION' ? name.fallback : input.facts.settingsModule.value;
    case 'email':
      return undefined;
    case 'other':
      return name.required && secret !== undefined ? derivedSecret(name.name, secret) : undefined;
    default:
      return database && databaseValue(name, database, input);
  }
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

/**
 * django-environ and dj-cache-url make a unix socket's address of a URL without a host; the scheme names the backend, and the
 * default's own counts where it is one for that server.
 */
function cacheUrl(name: EnvironmentName, { protocol, socket }: CacheConnection): string | undefined {
  if (protocol === 'redis') return mayBeRedis(name) ? `rediscache://${socket}` : undefined;
  const scheme = /^(\w+):/.exec(name.fallback ?? '')?.[1] ?? 'pymemcache';
  return /memcache|pylibmc/.test(scheme) ? `${scheme}://${socket}` : undefined;
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
