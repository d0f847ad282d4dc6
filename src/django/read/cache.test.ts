import { describe, expect, it } from 'vitest';

import { requirement } from '../../../test/rig/samples.ts';
import { findCache, findRedis } from './cache.ts';
import type { SettingsScan } from './scan.ts';

function settings(...backends: readonly string[]): SettingsScan {
  const cacheBackends = backends.map((value) => ({ value, file: 'settings.py', line: 1, conditional: false }));
  return { cacheBackends } as unknown as SettingsScan;
}

describe('the cache of a project', () => {
  it.each([
    ['django.core.cache.backends.locmem.LocMemCache', 'none'],
    ['django.core.cache.backends.memcached.PyMemcacheCache', 'memcached'],
    ['django.core.cache.backends.memcached.PyLibMCCache', 'memcached'],
    ['django_bmemcached.memcached.BMemcached', 'memcached'],
    ['django_redis.cache.RedisCache', 'redis'],
    ['django.core.cache.backends.db.DatabaseCache', 'database'],
  ] as const)('%s is %s', (backend, value) => {
    expect(findCache(settings(backend), []).value).toBe(value);
  });

  it.each([
    ['locmemcache://', 'none'],
    ['pymemcache://127.0.0.1:11211', 'memcached'],
    ['rediscache://localhost:6379/1', 'redis'],
  ] as const)('is read from a variable whose default is %s: %s', (fallback, value) => {
    const url = {
      name: 'CACHE_URL',
      purpose: 'cache-url',
      required: false,
      fallback,
      where: { file: 's.py', line: 1 },
    } as const;
    expect(findCache(settings(), [url]).value).toBe(value);
  });

  it('is Redis where the settings leave its class or its address to the environment, and the client is declared', () => {
    const url = { name: 'CACHE_URL', purpose: 'cache-url', required: false, where: { file: 's.py', line: 1 } } as const;
    const client = [requirement('django-redis')];
    const unknown = {
      ...settings(),
      assigned: { CACHES: { value: null, file: 'settings.py', line: 9, conditional: true } },
    } as unknown as SettingsScan;
    expect(findCache(settings(), [url], [requirement('redis')]).value).toBe('redis');
    expect(findCache(settings(), [url], []).value).toBe('none');
    expect(findCache(unknown, [], client).value).toBe('redis');
    expect(findCache(settings(), [], client).value).toBe('none');
    expect(findCache(settings('django.core.cache.backends.locmem.LocMemCache'), [], client).value).toBe('none');
  });

  describe('in Redis, in a branch of the settings alone', () => {
    const redis = { value: 'django_redis.cache.RedisCache', file: 'settings.py', line: 5, conditional: true };
    const memory = { ...redis, value: 'django.core.cache.backends.locmem.LocMemCache', conditional: false };
    const optional = {
      cacheBackends: [redis],
      redisUrls: [],
      queueSettings: {},
      assigned: {},
    } as unknown as SettingsScan;
    const both = {
      cacheBackends: [memory, redis],
      redisUrls: [],
      queueSettings: {},
      assigned: {},
    } as unknown as SettingsScan;
    const where = { file: 'settings.py', line: 4 };
    const name = { name: 'REDIS_HOST', purpose: 'redis-host', required: false, where } as const;
    const compose = (image: string) => ({ 'compose.yml': `services: {web: {build: .}, one: {image: ${image}}}` });
    const needed = (settings: SettingsScan, texts: Readonly<Record<string, string>>): readonly unknown[] => {
      const cache = findCache(settings, [name], [], texts);
      return [cache.value, findRedis(settings, [requirement('redis')], cache, [], [name], texts).value];
    };

    it('is left out where the Compose file runs none, or another cache is set whatever happens', () => {
      expect(needed(optional, compose('postgres:17'))).toEqual(['none', false]);
      expect(needed(both, {})).toEqual(['none', false]);
    });

    it('is taken where the project has one beside it, or nothing tells', () => {
      expect(needed(optional, compose('redis:7'))).toEqual(['redis', true]);
      expect(needed(both, compose('valkey/valkey:8'))).toEqual(['redis', true]);
      expect(needed(both, { 'app.json': '{"addons": ["heroku-redis"]}' })).toEqual(['redis', true]);
      expect(needed(optional, {})).toEqual(['redis', true]);
    });

    it('is taken where its address is demanded or has a default', () => {
      const texts = compose('postgres:17');
      for (const known of [
        { ...name, required: true },
        { ...name, fallback: 'redis' },
      ])
        expect(findCache(optional, [known], [], texts).value).toBe('redis');
    });
  });
});
