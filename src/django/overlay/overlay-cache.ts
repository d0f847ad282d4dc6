import type { Connection } from '../connection.ts';
import { type CacheConnection, cacheOf } from '../endpoints.ts';
import type { Override, Probe, Purpose } from '../facts.ts';
import { cacheServers } from '../read/cache.ts';
import { isBeside, meansLocal } from '../read/redis.ts';
import { atLeast } from '../read/versions.ts';

type Cache = Probe['caches'][string];

/**
 * Caches that the settings keep beside the project are led to what the site has for that; the default cache, where it lives in
 * each process's memory, moves there as well. A cache on another host is left alone, and so is what the owner has set.
 */
export function cacheOverrides(
  probe: Probe,
  connections: readonly Connection[],
  chosen: ReadonlySet<Purpose>,
): readonly Override[] {
  const cache = cacheOf(connections);
  const own: readonly Purpose[] = [
    'cache-url',
    ...(cache?.protocol === 'redis' ? (['redis-url', 'redis-host'] as const) : []),
  ];
  if (!cache || own.some((purpose) => chosen.has(purpose))) return [];
  const all: readonly (readonly [string, Cache | undefined])[] =
    'default' in probe.caches
      ? Object.entries(probe.caches)
      : [['default', undefined], ...Object.entries(probe.caches)];
  return all.flatMap(([alias, found]) => override(alias, found, cache, probe));
}

function override(alias: string, found: Cache | undefined, cache: CacheConnection, probe: Probe): readonly Override[] {
  const family = found && cacheServers.find(([, pattern]) => pattern.test(found.backend))?.[0];
  if (found && family === cache.protocol) {
    // Addresses of a Redis are led to it wherever they stand among the settings.
    const at = cache.protocol === 'memcached' ? memcachedLocation(found.backend, cache) : found.location;
    if (at === found.location || !areBeside(found.location)) return [];
    return [
      {
        setting: `CACHES.${alias}.LOCATION`,
        value: at,
        because: `${found.location || 'no address'} is not on this site; its own ${titles[cache.protocol]} is`,
      },
    ];
  }
  const inMemory = alias === 'default' && (!found || found.backend.endsWith('.LocMemCache'));
  if (!inMemory && !(family && areBeside(found?.location ?? ''))) return [];
  const backend = backendFor(cache, probe);
  if (backend === undefined) return [];
  const value = {
    BACKEND: backend,
    LOCATION: cache.protocol === 'redis' ? cache.url : memcachedLocation(backend, cache),
  };
  // All else stays: how long things are kept, prefixes, versions, what the project's own code reads there.
  return [
    {
      setting: `CACHES.${alias}`,
      value: { merge: value },
      because: inMemory
        ? `each process would have a cache of its own; the site's ${titles[cache.protocol]} is shared`
        : `the site keeps its cache in ${titles[cache.protocol]}`,
    },
    // Options of one backend mean nothing to another, and some refuse what they do not know.
    ...(found && (found.options ?? ['?']).length > 0
      ? [
          {
            setting: `CACHES.${alias}.OPTIONS`,
            value: {},
            because: `they were meant for ${family === undefined ? 'a cache in memory' : titles[family]}`,
          },
        ]
      : []),
  ];
}

/** The backend that speaks to the site's cache with a client that is installed; undefined where none is. */
function backendFor({ protocol }: CacheConnection, { distributions, djangoVersion }: Probe): string | undefined {
  if (protocol === 'redis') {
    if ('redis' in distributions && atLeast(djangoVersion, '4.0')) return 'django.core.cache.backends.redis.RedisCache';
    return 'django-redis' in distributions ? 'django_redis.cache.RedisCache' : undefined;
  }
  if ('pymemcache' in distributions && atLeast(djangoVersion, '3.2'))
    return 'django.core.cache.backends.memcached.PyMemcacheCache';
  return 'pylibmc' in distributions ? 'django.core.cache.backends.memcached.PyLibMCCache' : undefined;
}

/** Django's own backends want `unix:` before a socket; what speaks the binary protocol by itself wants the bare path. */
function memcachedLocation(backend: string, cache: CacheConnection): string {
  return backend.startsWith('django.core.') || cache.server ? cache.url : cache.socket;
}

/** Whether all of a cache's addresses can only mean a server beside the project: this machine, or a name without a dot. */
function areBeside(location: string): boolean {
  return location.split(',').every((one) => {
    if (/^rediss?:|^unix:\/\//.test(one)) return meansLocal(one, { socket: '/nowhere' }) || one.startsWith('unix:');
    const host = one.trim().replace(/:\d+$/, '');
    return /^(unix:)?\//.test(host) || isBeside(host);
  });
}

const titles = { redis: 'Redis', memcached: 'Memcached' } as const;
