import { join } from 'node:path';

import * as z from 'zod';

import { storeMemory } from '../capacity.ts';
import { component } from '../component.ts';
import { memcachedContainer } from './container.ts';
import { dataService } from '../data-service.ts';
import type { Place } from '../place.ts';

const options = z.strictObject({
  memory_mb: z
    .int()
    .min(16)
    .max(65_536)
    .optional()
    .describe("What it may keep, in megabytes; else an eighth of the machine's"),
});

/** One Memcached for each site: on a unix socket only, and it forgets what was not asked for longest. */
export const memcachedComponent = component<z.infer<typeof options>>({
  name: 'memcached',
  title: 'Memcached',
  roles: ['cache'],
  about:
    "A Memcached server of the site's own for the cache alone, reachable only through a unix socket and only by the site's users; where its memory is full, it forgets what was not asked for longest.",
  options,
  detect: (facts) =>
    facts.cache.value === 'memcached' ? { options: {}, because: facts.cache.because, strength: 1 } : undefined,
  configure: (chosen, config) =>
    config.cache?.memory_mb === undefined ? chosen : { ...chosen, memory_mb: config.cache.memory_mb },
  packages: () => ({
    debian: ['memcached'],
    python: [
      {
        requirement: 'pymemcache>=4.0',
        unless: ['pymemcache', 'pylibmc', 'python-memcached', 'django-bmemcached', 'python-binary-memcached'],
        because: "Memcached's Python client: undeclared, added",
      },
    ],
  }),
  runsAs: 'own',
  folders: (_options, place) => [
    { path: paths(place).socketFolder, owner: 'component', group: 'site', mode: 0o750 },
    { path: paths(place).work, owner: 'component', group: 'component', mode: 0o700 },
  ],
  files: () => [],
  setup: () => [],
  connections: (_options, place) => [
    {
      kind: 'cache',
      protocol: 'memcached',
      socket: paths(place).socket,
      url: `unix:${paths(place).socket}`,
      database: 0,
    },
  ],
  services: (chosen, place) => [
    dataService(place, {
      name: 'memcached',
      files: [],
      command: [
        join(place.machine.programs['memcached'] ?? '/usr/bin', 'memcached'),
        // A socket turns TCP off, and 0 UDP. It sets its own umask for the socket, so this is the mode it has.
        '-s',
        paths(place).socket,
        '-a',
        '0660',
        '-U',
        '0',
        '-m',
        String(chosen.memory_mb ?? storeMemory(place.machine)),
        '-c',
        '4096',
      ],
      directory: paths(place).work,
      writable: [paths(place).socketFolder],
      readiness: { probe: { kind: 'connect', socket: paths(place).socket }, timeoutSeconds: 30 },
      // All is forgotten at its end, so there is nothing to wait for.
      stop: { signal: 'SIGTERM', timeoutSeconds: 10 },
    }),
  ],
  releaseServices: () => [],
  container: memcachedContainer,
});

function paths(place: Place) {
  const socketFolder = join(place.folders.run, 'memcached');
  return { socketFolder, socket: join(socketFolder, 'memcached.sock'), work: join(place.folders.data, 'memcached') };
}
