import type { Connection } from '../connection.ts';
import type { Override, Probe, Purpose } from '../facts.ts';
import { redisEndpoints, type RedisEndpoints } from '../endpoints.ts';
import { databaseOf, isBeside, meansLocal, redisUrl } from '../read/redis.ts';

/** Of https://github.com/Bogdanp/django_dramatiq what it has without DRAMATIQ_BROKER, but for the metrics, which need a port. */
const dramatiqMiddleware = [
  'dramatiq.middleware.AgeLimit',
  'dramatiq.middleware.TimeLimit',
  'dramatiq.middleware.Callbacks',
  'dramatiq.middleware.Retries',
  'django_dramatiq.middleware.DbConnectionsMiddleware',
  'django_dramatiq.middleware.AdminMiddleware',
];

/** Whoever sets one of these has a Redis in mind. */
const purposes: readonly Purpose[] = ['redis-url', 'redis-host', 'broker-url'];

/** What redis-py takes instead of a URL, and no queue beside one. */
const addressKeys = ['host', 'port', 'db', 'password', 'username', 'ssl'];

const redisBroker = 'dramatiq.brokers.redis.RedisBroker';

/**
 * Task queues whose broker is beside the project are led to the site's Redis, and queues that would do their work in the web
 * server's processes because of DEBUG do it in their worker's.
 */
export function queueOverrides(
  probe: Probe,
  connections: readonly Connection[],
  chosen: ReadonlySet<Purpose>,
): readonly Override[] {
  const redis = redisEndpoints(connections);
  return [
    ...(redis && !purposes.some((purpose) => chosen.has(purpose))
      ? Object.entries(probe.queueSettings ?? {}).flatMap(([setting, address]) => lead(setting, address, redis))
      : []),
    ...(probe.debug ? (probe.immediateQueues ?? []) : []).map((setting) => ({
      setting,
      value: false,
      because: 'DEBUG is off: tasks are done by their worker, and no visitor waits for them',
    })),
  ];
}

function lead(setting: string, address: string, redis: RedisEndpoints): readonly Override[] {
  const because = `${address} is not on this site; its own Redis is`;
  if (/^amqps?:/.test(address)) {
    const host = /^amqps?:\/\/(?:[^@/]*@)?([^:/?]*)/.exec(address)?.[1] ?? '';
    if (!isBeside(host)) return [];
    const OPTIONS = { url: redisUrl(redis, redis.broker) };
    return setting === 'DRAMATIQ_BROKER'
      ? [{ setting, value: { BROKER: redisBroker, OPTIONS, MIDDLEWARE: dramatiqMiddleware }, because }]
      : [
          { setting, value: redisBroker, because },
          { setting: 'DRAMATIQ_BROKER.OPTIONS', value: OPTIONS, because },
        ];
  }
  if (!meansLocal(address, redis)) return [];
  const url = redisUrl(redis, databaseOf(address) ?? redis.broker);
  const value = setting === 'Q_CLUSTER.redis' ? url : { without: addressKeys, merge: { url } };
  return [{ setting, value, because }];
}
