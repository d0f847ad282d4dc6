import { storeMemory } from '../capacity.ts';
import type { ContainerFacet } from '../container.ts';

const host = 'redis';
const port = 6379;

/** The official image, on a network that only the site's containers are in. The same promises as on a machine: nothing is evicted. */
export const redisContainer: ContainerFacet<unknown> = {
  connections: () => [
    { kind: 'broker', ...at(0) },
    { kind: 'cache', ...at(1) },
  ],
  services: (_options, place) => [
    {
      name: host,
      // The last that is under the BSD license.
      image: 'redis:7.2-bookworm',
      user: '999:999',
      command: [
        'redis-server',
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--save',
        '',
        '--maxmemory',
        `${storeMemory(place.machine)}mb`,
        '--maxmemory-policy',
        'noeviction',
        // It refuses whoever is not on its own host otherwise; the network is the site's alone.
        '--protected-mode',
        'no',
      ],
      environment: {},
      secrets: [],
      volumes: [{ name: 'redis', path: '/data' }],
      files: [],
      temporary: ['/tmp'],
      health: {
        // It accepts connections while it still reads its file, and answers them with an error: -e makes that an exit code.
        command: ['redis-cli', '-e', 'PING'],
        intervalSeconds: 5,
        timeoutSeconds: 5,
        retries: 5,
        startSeconds: 300,
      },
      stop: { signal: 'SIGTERM', timeoutSeconds: 60 },
    },
  ],
};

/** One of its numbered databases, as on a machine: clearing a cache empties the whole of its own. */
function at(database: number) {
  return {
    protocol: 'redis',
    socket: '',
    server: { host, port },
    url: `redis://${host}:${port}/${database}`,
    database,
  } as const;
}
