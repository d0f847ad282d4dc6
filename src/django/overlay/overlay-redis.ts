import type { Connection } from '../connection.ts';
import type { Override, Probe, Purpose } from '../facts.ts';
import { celeryUrl, databaseOf, isOurs, meansLocal, redisUrl, type RedisConnection } from '../read/redis.ts';
import { atLeast } from '../read/versions.ts';

const redisPurposes: readonly Purpose[] = ['redis-url', 'redis-host', 'broker-url', 'result-backend', 'cache-url'];

/**
 * Everything that names a Redis beside the project is led to the site's own; a cache that lives in each process's memory moves
 * there as well. Caches get a database of their own (1), since clearing a cache empties the whole database.
 */
export function redisOverrides(
  probe: Probe,
  connections: readonly Connection[],
  chosen: ReadonlySet<Purpose>,
): readonly Override[] {
  const redis = connections.find((connection) => connection.kind === 'redis');
  if (!redis || redisPurposes.some((purpose) => chosen.has(purpose))) return [];
  const settings = probe.redisSettings ?? {};
  return [
    ...Object.entries(settings).flatMap(([setting, url]) => lead(setting, url, redis)),
    ...broker(probe, settings, redis),
    ...cache(probe, redis),
  ];
}

function lead(setting: string, url: string, redis: RedisConnection): readonly Override[] {
  const forCelery = /^(CELERY|BROKER|RESULT_BACKEND)/.test(setting);
  const understood = url.startsWith('redis+socket:') === forCelery;
  if (isOurs(url, redis) ? understood : !meansLocal(url, redis)) return [];
  const number = databaseOf(url) ?? (setting.startsWith('CACHES.') ? 1 : 0);
  const ours = forCelery ? celeryUrl(redis, number) : redisUrl(redis, number);
  const because = url.includes(redis.socket)
    ? `${url} is not how it is written there`
    : `${url} is not on this site; its own Redis is`;
  if (/^RQ_QUEUES\.[^.]+$/.test(setting)) return [{ setting, value: { merge: { URL: ours } }, because }];
  return [{ setting, value: ours, because }];
}

function broker(probe: Probe, settings: Readonly<Record<string, string>>, redis: RedisConnection): readonly Override[] {
  const name = ['CELERY_BROKER_URL', 'BROKER_URL'].find((setting) => setting in settings) ?? 'CELERY_BROKER_URL';
  if (
    name in settings ||
    !probe.broker ||
    !/^(amqp|pyamqp):\/\/([^@/]*@)?(localhost|127\.|[^./:]+(?=[:/]|$))/.test(probe.broker)
  )
    return [];
  return [
    { setting: name, value: celeryUrl(redis, 0), because: `${probe.broker} is not on this site; its own Redis is` },
  ];
}

function cache(probe: Probe, redis: RedisConnection): readonly Override[] {
  const found = probe.caches['default'];
  if (found && !found.backend.endsWith('.LocMemCache')) return [];
  const backend =
    'redis' in probe.distributions && atLeast(probe.djangoVersion, '4.0')
      ? 'django.core.cache.backends.redis.RedisCache'
      : 'django-redis' in probe.distributions
        ? 'django_redis.cache.RedisCache'
        : undefined;
  if (!backend) return [];
  return [
    {
      setting: 'CACHES.default',
      value: { BACKEND: backend, LOCATION: redisUrl(redis, 1) },
      because: "each process would have a cache of its own; the site's Redis is shared",
    },
  ];
}
