import { type CacheConnection, redisEndpoints, type RedisEndpoints } from '../endpoints.ts';
import type { Connection } from '../connection.ts';
import { purposeOf } from '../environment/environment-names.ts';
import type { Override, Probe, Purpose } from '../facts.ts';
import { memoryLayer } from '../read/channel-layer.ts';
import { celeryUrl, databaseOf, isOurs, meansLocal, redisUrl } from '../read/redis.ts';

const purposes: readonly Purpose[] = ['redis-url', 'redis-host', 'broker-url', 'result-backend', 'cache-url'];

/**
 * Everything that names a Redis beside the project is led to the site's own. The cache has a database of its own, since clearing
 * a cache empties the whole database. `cache` is what the site keeps its caches in.
 */
export function brokerOverrides(
  probe: Probe,
  connections: readonly Connection[],
  chosen: ReadonlySet<Purpose>,
  cache: CacheConnection | undefined,
): readonly Override[] {
  const redis = redisEndpoints(connections);
  if (!redis || purposes.some((purpose) => chosen.has(purpose))) return [];
  const settings = Object.entries(probe.redisSettings ?? {}).filter(
    // A cache that the site keeps elsewhere is led there by `cacheOverrides`.
    ([setting]) => !setting.startsWith('CACHES.') || cache?.protocol === 'redis',
  );
  return [
    ...settings.flatMap(([setting, url]) => lead(setting, url, redis)),
    ...broker(probe, redis),
    ...resultBackend(probe, redis),
    ...channelLayers(probe, redis),
  ];
}

/** Where Celery's applications are led that name a broker beside the project in their code; undefined where they are not. */
export function celeryBroker(
  probe: Probe,
  connections: readonly Connection[],
  owner: readonly string[],
): string | undefined {
  const redis = redisEndpoints(connections);
  const isChosen = owner.some((name) => purposes.includes(purposeOf(name, [])));
  return redis && !isChosen && 'celery' in probe.distributions && 'redis' in probe.distributions
    ? celeryUrl(redis, redis.broker)
    : undefined;
}

function lead(setting: string, url: string, redis: RedisEndpoints): readonly Override[] {
  const forCelery = /^(CELERY|BROKER|RESULT_BACKEND)/.test(setting);
  // One spelling for all, over a network; two for a socket.
  const understood = redis.server !== undefined || url.startsWith('redis+socket:') === forCelery;
  if (isOurs(url, redis) ? understood : !meansLocal(url, redis)) return [];
  const number = databaseOf(url) ?? (setting.startsWith('CACHES.') ? redis.cache : redis.broker);
  const ours = forCelery ? celeryUrl(redis, number) : redisUrl(redis, number);
  const because =
    redis.socket !== '' && url.includes(redis.socket)
      ? `${url} is not how it is written there`
      : `${url} is not on this site; its own Redis is`;
  if (/^RQ_QUEUES\.[^.]+$/.test(setting)) return [{ setting, value: { merge: { URL: ours } }, because }];
  return [{ setting, value: ours, because }];
}

/** A layer within one process, where several serve. */
function channelLayers(probe: Probe, redis: RedisEndpoints): readonly Override[] {
  if (!('channels-redis' in probe.distributions)) return [];
  return Object.entries(probe.channelLayers ?? {})
    .filter(([, backend]) => memoryLayer.test(backend))
    .map(([alias]) => ({
      setting: `CHANNEL_LAYERS.${alias}`,
      value: {
        BACKEND: 'channels_redis.core.RedisChannelLayer',
        CONFIG: { hosts: [redisUrl(redis, redis.broker)], prefix: `asgi-${alias}` },
      },
      because: 'it loses messages between visitors whom different processes serve',
    }));
}

function broker(probe: Probe, redis: RedisEndpoints): readonly Override[] {
  const settings = probe.redisSettings ?? {};
  const name = ['CELERY_BROKER_URL', 'BROKER_URL'].find((setting) => setting in settings) ?? 'CELERY_BROKER_URL';
  if (
    name in settings ||
    !probe.broker ||
    !/^(amqp|pyamqp):\/\/([^@/]*@)?(localhost|127\.|[^./:]+(?=[:/]|$))/.test(probe.broker)
  )
    return [];
  return [
    {
      setting: name,
      value: celeryUrl(redis, redis.broker),
      because: `${probe.broker} is not on this site; its own Redis is`,
    },
  ];
}

/** Left empty where a broker was given from outside: what the project waits for would never come. */
function resultBackend(probe: Probe, redis: RedisEndpoints): readonly Override[] {
  const names = Object.keys(probe.redisSettings ?? {});
  const hasBroker = names.some((name) => /^(CELERY_)?BROKER_URL$/.test(name)) || broker(probe, redis).length > 0;
  if (probe.resultBackend !== '' || !hasBroker) return [];
  const because = 'it is empty, and the broker is there: results are kept beside it';
  return [{ setting: 'CELERY_RESULT_BACKEND', value: celeryUrl(redis, redis.broker), because }];
}
