import { describe, expect, it } from 'vitest';

import { fact, sampleFacts, samplePlace } from '../../../test/rig/samples.ts';
import { memcachedComponent } from './index.ts';

describe('Memcached', () => {
  it('is wanted where the cache is kept in it, and is a cache only', () => {
    expect(memcachedComponent.detect(sampleFacts({ cache: fact('memcached') }))).toBeDefined();
    expect(memcachedComponent.detect(sampleFacts({ cache: fact('redis') }))).toBeUndefined();
    expect(memcachedComponent.connections?.({}, samplePlace())).toEqual([
      {
        kind: 'cache',
        protocol: 'memcached',
        socket: '/run/roadie/my-forum/memcached/memcached.sock',
        url: 'unix:/run/roadie/my-forum/memcached/memcached.sock',
        database: 0,
      },
    ]);
  });

  it('has a socket for the group, no network, and the memory that the config or the machine gives it', () => {
    const command = (memory?: number) => {
      const options = memcachedComponent.configure?.({}, { cache: { ...(memory && { memory_mb: memory }) } }) ?? {};
      return memcachedComponent.services(options, samplePlace())[0]?.command.join(' ');
    };
    expect(command()).toMatch(/ -s \S+\.sock -a 0660 -U 0 -m 256 /);
    expect(command(64)).toContain(' -m 64 ');
  });
});
