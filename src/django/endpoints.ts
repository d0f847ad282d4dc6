import type { Connection } from './connection.ts';
import type { Redis } from './read/redis.ts';

export type CacheConnection = Extract<Connection, { kind: 'cache' }>;
export type BrokerConnection = Extract<Connection, { kind: 'broker' }>;

/** A Redis that the site has for its cache, its queues or both, and the number of the database for each. */
export type RedisEndpoints = Redis & { readonly cache: number; readonly broker: number };

/** What the site keeps its caches in. */
export function cacheOf(connections: readonly Connection[]): CacheConnection | undefined {
  return connections.find((connection) => connection.kind === 'cache');
}

/** What carries the site's queues. */
export function brokerOf(connections: readonly Connection[]): BrokerConnection | undefined {
  return connections.find((connection) => connection.kind === 'broker');
}

/** Whatever of the site's speaks Redis' protocol; undefined where nothing does. Queues' one counts where they are two. */
export function redisEndpoints(connections: readonly Connection[]): RedisEndpoints | undefined {
  const broker = [brokerOf(connections)].find((one) => one?.protocol === 'redis');
  const cache = [cacheOf(connections)].find((one) => one?.protocol === 'redis');
  const redis = broker ?? cache;
  if (redis === undefined) return undefined;
  const { socket, server } = redis;
  return { socket, ...(server && { server }), cache: cache?.database ?? 1, broker: broker?.database ?? 0 };
}
