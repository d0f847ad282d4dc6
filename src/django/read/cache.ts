import type { EnvironmentName, Evidence, Fact, Facts, Requirement, WorkerFact } from '../facts.ts';
import { memoryChannelLayer } from './channel-layer.ts';
import { servicesToRun } from './compose.ts';
import { isCompose } from './paths.ts';
import { queues } from './queues.ts';
import type { SettingsScan } from './scan.ts';

/** Which server a cache backend of Django's or of others speaks to, by its name. */
export const cacheServers = [
  ['redis', /redis/i],
  ['memcached', /(?<!loc)memcache|pylibmc/i],
] as const;

/**
 * The cache that the settings configure, in a branch or not; what lives in a process's memory is none. Where they leave the class or
 * the address to the environment, the client for Redis that is declared tells. A Redis that the project's own files leave out is none.
 */
export function findCache(
  settings: SettingsScan | undefined,
  environment: readonly EnvironmentName[],
  requirements: readonly Requirement[] = [],
  texts: Readonly<Record<string, string>> = {},
): Facts['cache'] {
  const left = leftOut(settings, environment, texts);
  const backends = (settings?.cacheBackends ?? []).filter(
    ({ value, conditional }) => !left || !isRedis(value, conditional),
  );
  if (left && backends.length === 0) return { value: 'none', because: left };
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
  const unsaid =
    open ?? (set && backends.length === 0 ? { says: 'CACHES', where: { file: set.file, line: set.line } } : undefined);
  const client = requirements.find((one) => (open ? redisClient : /^django-redis/).test(one.name));
  if (unsaid && client)
    return {
      value: 'redis',
      because: {
        says: `${unsaid.says} is for the environment to say, and ${client.name} is declared`,
        where: unsaid.where,
      },
    };
  return {
    value: 'none',
    because: { says: backends.length > 0 ? `CACHES uses ${backends[0]?.value ?? ''}` : 'CACHES is not set' },
  };
}

function isRedis(backend: string, conditional: boolean): boolean {
  return conditional && /redis/i.test(backend);
}

/**
 * Why a Redis for the cache is left out, as in the project's own deployment: the settings take it in a branch alone, the variable
 * with its address may be absent, and either there is another cache whatever happens, or the Compose file runs the project without.
 */
function leftOut(
  settings: SettingsScan | undefined,
  environment: readonly EnvironmentName[],
  texts: Readonly<Record<string, string>>,
): Evidence | undefined {
  const backends = settings?.cacheBackends ?? [];
  const redis = backends.filter(({ value }) => /redis/i.test(value));
  const name = environment.find(
    ({ purpose, required, fallback }) =>
      /^(?:redis-|cache-url)/.test(purpose) && !required && (fallback === undefined || /^(?:None)?$/.test(fallback)),
  );
  if (redis.length === 0 || !redis.every(({ conditional }) => conditional) || !name) return undefined;
  const services = servicesToRun(texts);
  const elsewhere = Object.entries(texts).some(
    ([file, text]) => /^(?:app\.json|render\.yaml|fly\.toml|heroku\.yml)$/.test(file) && /redis|keyvalue/i.test(text),
  );
  if (elsewhere || services.some(({ image }) => /redis|valkey|keydb|dragonfly/i.test(image?.text ?? '')))
    return undefined;
  const plain = backends.find(({ conditional }) => !conditional);
  if (plain) return { says: `CACHES uses ${plain.value} unless ${name.name} is set`, where: name.where };
  const file = Object.keys(texts).find((one) => isCompose(one));
  return file !== undefined && services.length > 0
    ? { says: `Redis is used if ${name.name} is set, and ${file} runs none`, where: name.where }
    : undefined;
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
  texts: Readonly<Record<string, string>> = {},
): Fact<boolean> {
  if (cache.value === 'redis') return { value: true, because: cache.because };
  const queue = workers.find(({ value }) =>
    queues.some((one) => one.kind === value.kind && settings !== undefined && one.broker(settings) === 'redis'),
  );
  if (queue) return { value: true, because: queue.because };
  const left = leftOut(settings, environment, texts);
  const client = left ? undefined : requirements.find((one) => clients.has(one.name));
  if (client)
    return {
      value: true,
      because: { says: `${client.name} in ${client.where.file}:${client.where.line ?? 1}`, where: client.where },
    };
  const url = settings?.redisUrls.find(({ conditional }) => !left || !conditional);
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
  const name = left ? undefined : environment.find((one) => ['redis-url', 'redis-host'].includes(one.purpose));
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
  const because: Evidence = left ?? { says: 'nothing needs Redis' };
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
