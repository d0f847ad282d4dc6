import { describe, expect, it } from 'vitest';

import { requirement } from '../../../test/rig/samples.ts';
import { findCache } from './cache.ts';
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
});
