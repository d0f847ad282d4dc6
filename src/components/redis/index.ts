import { join } from 'node:path';

import * as z from 'zod';

import { storeMemory } from '../capacity.ts';
import type { Facts } from '../../django/facts.ts';
import { component, type FileSpec } from '../component.ts';
import { dataService } from '../data-service.ts';
import type { Place } from '../place.ts';
import { redisContainer } from './container.ts';

const options = z.strictObject({
  client: z
    .enum(['redis', 'celery[redis]'])
    .default('redis')
    .describe('What to add where the project declares no client; Celery says itself which versions it can use'),
  layer: z.boolean().default(false).describe("Whether Channels' messages between processes go through it"),
  evicts: z
    .boolean()
    .default(false)
    .describe('Whether a full memory drops what has an expiry date, as a cache may; a queue never loses a job by that'),
});

/** One Redis for each site: on a unix socket only, durable to the second, and it refuses writes rather than drop a job. */
export const redisComponent = component<z.infer<typeof options>>({
  name: 'redis',
  title: 'Redis',
  roles: ['cache', 'broker'],
  about:
    "A Redis server of the site's own for cache and queues, reachable only through a unix socket; it loses at most a second of writes and never evicts a job. Where nothing but the cache uses it, a full memory drops cached values.",
  options,
  detect: (facts) => {
    if (!facts.redis.value) return undefined;
    const withCelery =
      facts.requirements.some(({ name }) => name === 'celery') ||
      facts.workers.some(({ value }) => value.kind === 'celery');
    const cacheOnly = !withCelery && isCacheOnly(facts);
    return {
      options: {
        client: withCelery ? 'celery[redis]' : 'redis',
        layer: facts.memoryChannelLayer !== undefined,
        evicts: cacheOnly,
      },
      because: facts.redis.because,
      ...(cacheOnly && { roles: ['cache'] }),
    };
  },
  packages: ({ client, layer }) => ({
    debian: ['redis-server'],
    python: [
      {
        requirement: client === 'redis' ? 'redis>=4.2' : client,
        unless: ['redis', 'django-redis', 'django-rq', 'rq', 'channels-redis'],
        because: "Redis' Python client: undeclared, added",
      },
      ...(layer
        ? [
            {
              requirement: 'channels-redis>=4',
              unless: ['channels-redis'],
              because: "Channels' layer between processes",
            },
          ]
        : []),
      // Kombu imports it to reach Redis, and only its extra `redis` brings it, which a project that names the client may lack.
      ...(client === 'celery[redis]'
        ? [
            {
              requirement: 'packaging',
              unless: ['packaging'],
              because: 'Celery needs it to reach Redis: undeclared, added',
            },
          ]
        : []),
    ],
  }),
  runsAs: 'own',
  folders: (_options, place) => [
    { path: paths(place).data, owner: 'component', group: 'component', mode: 0o700, formerOwner: 'redis' },
    { path: paths(place).socketFolder, owner: 'component', group: 'site', mode: 0o750 },
    { path: paths(place).config, owner: 'root', group: 'site', mode: 0o750 },
  ],
  files: (chosen, place) => files(chosen, place),
  setup: () => [],
  // Two databases: clearing a cache empties the whole of its own.
  connections: (_options, place) => {
    const { socket } = paths(place);
    const at = (database: number) =>
      ({ protocol: 'redis', socket, url: `unix://${socket}?db=${database}`, database }) as const;
    return [
      { kind: 'broker', ...at(0) },
      { kind: 'cache', ...at(1) },
    ];
  },
  services: (chosen, place) => [
    dataService(place, {
      name: 'redis',
      files: files(chosen, place),
      command: [join(place.machine.programs['redis'] ?? '/usr/bin', 'redis-server'), paths(place).settings],
      directory: paths(place).data,
      writable: [paths(place).socketFolder],
      readiness: {
        // It accepts connections while it still reads its file, and answers them with an error: -e makes that an exit code.
        probe: {
          kind: 'command',
          command: [
            join(place.machine.programs['redis'] ?? '/usr/bin', 'redis-cli'),
            '-e',
            '-s',
            paths(place).socket,
            'PING',
          ],
        },
        timeoutSeconds: 300,
      },
      stop: { signal: 'SIGTERM', timeoutSeconds: 60 },
    }),
  ],
  releaseServices: () => [],
  container: redisContainer,
});

/** Distributions that keep jobs, messages or schedules in Redis. */
const queues =
  /^(rq|django-rq|rq-scheduler|django-rq-scheduler|celery|celery-redbeat|django-celery.*|channels-redis|dramatiq.*|django-dramatiq|huey|django-q2?|arq|procrastinate)$/;

/** Whether the cache is all that a project can be seen to use it for. */
function isCacheOnly(facts: Facts): boolean {
  return (
    facts.cache.value === 'redis' &&
    facts.memoryChannelLayer === undefined &&
    !facts.workers.some(({ value }) => value.kind !== 'command') &&
    !facts.requirements.some(({ name }) => queues.test(name)) &&
    !facts.environment.some(({ purpose }) => purpose === 'broker-url' || purpose === 'result-backend')
  );
}

function paths(place: Place) {
  const config = join(place.folders.config, 'redis');
  const socketFolder = join(place.folders.run, 'redis');
  return {
    config,
    settings: join(config, 'redis.conf'),
    data: join(place.folders.data, 'redis'),
    socketFolder,
    socket: join(socketFolder, 'redis.sock'),
  };
}

/** What queues and caches use of the commands that Redis itself calls dangerous. EVAL is not among those. */
const allowedAgain = ['info', 'keys', 'sort', 'flushdb', 'client|list', 'client|kill'];

function files({ evicts }: { readonly evicts: boolean }, place: Place): readonly FileSpec[] {
  const { settings, data, socket } = paths(place);
  const content = `# Written by Roadie for the site ${place.site}. Changes made here are undone by the next \`roadie up\`.
# No port: only the site's group can reach the socket.
port 0
unixsocket ${quote(socket)}
unixsocketperm 770
daemonize no
supervised no
logfile ""
dir ${quote(data)}

${
  evicts
    ? '# Only a cache lives here: written down each second, and a full memory drops what would expire anyway.'
    : '# Queues live here: written down each second, and a full memory is an error, never a lost job.'
}
appendonly yes
appendfsync everysec
save ""
maxmemory ${storeMemory(place.machine)}mb
maxmemory-policy ${evicts ? 'volatile-lru' : 'noeviction'}

# No command that reads or writes files, changes the server or drops all of it.
user default on nopass ~* &* +@all -@dangerous ${allowedAgain.map((command) => `+${command}`).join(' ')}
`;
  return [{ path: settings, owner: 'root', group: 'site', mode: 0o640, content }];
}

function quote(path: string): string {
  return `"${path.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}
