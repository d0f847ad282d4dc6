import type { EnvironmentName, Evidence, Fact, Facts, Requirement, WorkerFact } from '../facts.ts';
import { memoryChannelLayer } from './channel-layer.ts';
import { queues } from './queues.ts';
import type { SettingsScan } from './scan.ts';

/** Which server a cache backend of Django's or of others speaks to, by its name. */
export const cacheServers = [
  ['redis', /redis/i],
  ['memcached', /(?<!loc)memcache|pylibmc/i],
] as const;

/**
 * The cache that the settings configure, in a branch or not; what lives in a process's memory is none. Where they leave the class or
 * the address to the environment, the client for Redis that is declared tells.
 */
export function findCache(
  settings: SettingsScan | undefined,
  environment: readonly EnvironmentName[],
  requirements: readonly Requirement[] = [],
): Facts['cache'] {
  const backends = settings?.cacheBackends ?? [];
  const kinds = [...cacheServers, ['database', /backends\.db\.|DatabaseCache/]] as const;
  for (const [value, pattern] of kinds) {
    const found = backends.find((one) => pattern.test(one.value));
    if (found)
      return { value, because: { says: `CACHES uses ${found.value}`, where: { file: found.file, line: found.line } } };
  }
  const url = environment.find((one) => one.purpose === 'cache-url');
  if (url && /^(redis|rediscache)/.test(url.fallback ?? ''))
    return { value: 'redis', because: { says: `the cache is read from ${url.name}`, where: url.where } };
  if (url && /(?<!loc)memcache|pylibmc/.test(/^\w+/.exec(url.fallback ?? '')?.[0] ?? ''))
    return { value: 'memcached', because: { says: `the cache is read from ${url.name}`, where: url.where } };
  const set = settings?.assigned?.['CACHES'];
  const open = url && url.fallback === undefined ? { says: url.name, where: url.where } : undefined;
  const left =
    open ?? (set && backends.length === 0 ? { says: 'CACHES', where: { file: set.file, line: set.line } } : undefined);
  const client = requirements.find((one) => (open ? redisClient : /^django-redis/).test(one.name));
  if (left && client)
    return {
      value: 'redis',
      because: {
        says: `${left.says} is for the environment to say, and ${client.name} is declared`,
        where: left.where,
      },
    };
  return {
    value: 'none',
    because: { says: backends.length > 0 ? `CACHES uses ${backends[0]?.value ?? ''}` : 'CACHES is not set' },
  };
}

const redisClient = /^(django-)?redis(-cache)?$/;

const clients: ReadonlySet<string> = new Set([
  'django-redis',
  'channels-redis',
  'django-rq',
  'rq',
  'redis',
  'celery-redbeat',
  'django-redis-cache',
  'django-cacheops',
  'django-rq-scheduler',
  'hiredis',
  'dramatiq-redis',
]);

/** Whether anything needs a Redis: a client among the requirements, the cache, a queue, an address in the settings. */
export function findRedis(
  settings: SettingsScan | undefined,
  requirements: readonly Requirement[],
  cache: Facts['cache'],
  workers: readonly Fact<WorkerFact>[],
  environment: readonly EnvironmentName[],
): Fact<boolean> {
  if (cache.value === 'redis') return { value: true, because: cache.because };
  const queue = workers.find(({ value }) =>
    queues.some((one) => one.kind === value.kind && settings !== undefined && one.broker(settings) === 'redis'),
  );
  if (queue) return { value: true, because: queue.because };
  const client = requirements.find((one) => clients.has(one.name));
  if (client)
    return {
      value: true,
      because: { says: `${client.name} in ${client.where.file}:${client.where.line ?? 1}`, where: client.where },
    };
  const url = settings?.redisUrls[0];
  if (url)
    return {
      value: true,
      because: {
        says: `the settings name ${url.value.replace(/\/\/[^@/]*@/, '//')}`,
        where: { file: url.file, line: url.line },
      },
    };
  const layer = memoryChannelLayer(settings);
  if (layer) return { value: true, because: layer };
  const name = environment.find((one) => ['redis-url', 'redis-host'].includes(one.purpose));
  if (name) return { value: true, because: { says: `the settings read ${name.name}`, where: name.where } };
  const celery = workers.find((worker) => worker.value.kind === 'celery');
  // Celery needs some broker, and this one is the lightest.
  if (celery && !otherBroker(settings, environment))
    return {
      value: true,
      because: {
        says: `Celery needs a broker: ${celery.because.says}`,
        ...(celery.because.where && { where: celery.because.where }),
      },
    };
  const because: Evidence = { says: 'nothing needs Redis' };
  return { value: false, because };
}

/** A broker that cannot be Redis: SQS, the database, an amqp server on another host. */
function otherBroker(settings: SettingsScan | undefined, environment: readonly EnvironmentName[]): boolean {
  const literal = settings?.assigned['CELERY_BROKER_URL']?.value;
  const fallback = environment.find((one) => one.purpose === 'broker-url')?.fallback;
  return [literal, fallback].some(
    (url) =>
      typeof url === 'string' &&
      /^(sqs|django|sqla|kafka|confluentkafka|memory|filesystem):|^amqps?:\/\/[^/]*\.[^/]+/.test(url),
  );
}
