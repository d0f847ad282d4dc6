import { describe, expect, it } from 'vitest';

import { fact, requirement, sampleFacts, samplePlace, worker } from '../../../test/rig/samples.ts';
import type { Facts } from '../../django/facts.ts';
import { redisComponent } from './index.ts';

function policy(changes: Partial<Facts>): string | undefined {
  const wish = redisComponent.detect(sampleFacts({ redis: fact(true), ...changes }));
  const [file] = redisComponent.files(redisComponent.options.parse(wish?.options), samplePlace());
  return /^maxmemory-policy (.*)$/m.exec(file?.content ?? '')?.[1];
}

describe('Redis', () => {
  it('forgets nothing where anything but a cache may be in it', () => {
    const cache = fact('redis');
    expect(policy({})).toBe('noeviction');
    expect(policy({ cache, workers: [worker('rq', 'worker', 'default')] })).toBe('noeviction');
    expect(policy({ cache, requirements: [requirement('channels-redis')] })).toBe('noeviction');
    expect(policy({ cache, requirements: [requirement('celery')] })).toBe('noeviction');
  });

  it('drops what expires anyway, and nothing else, where it is a cache alone', () => {
    expect(policy({ cache: fact('redis'), requirements: [requirement('redis')] })).toBe('volatile-lru');
  });

  it('has a database for the queues and one for the cache', () => {
    expect(
      redisComponent.connections?.(redisComponent.options.parse({}), samplePlace()).map(({ kind, url }) => [kind, url]),
    ).toEqual([
      ['broker', 'unix:///run/roadie/my-forum/redis/redis.sock?db=0'],
      ['cache', 'unix:///run/roadie/my-forum/redis/redis.sock?db=1'],
    ]);
  });
});
