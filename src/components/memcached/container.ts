import { storeMemory } from '../capacity.ts';
import type { ContainerFacet } from '../container.ts';

const host = 'memcached';
const port = 11211;

/** Without a client in the image, the shell asks for the version. */
const ask = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'version\\r\\n' >&3 && read -r -t 3 answer <&3 && [[ $answer == VERSION* ]]`;

/** The official image, on a network that only the site's containers are in. */
export const memcachedContainer: ContainerFacet<{ readonly memory_mb?: number | undefined }> = {
  connections: () => [
    { kind: 'cache', protocol: 'memcached', socket: '', server: { host, port }, url: `${host}:${port}`, database: 0 },
  ],
  services: ({ memory_mb }, place) => [
    {
      name: host,
      image: 'memcached:1.6',
      user: '11211:11211',
      command: ['memcached', '-U', '0', '-m', String(memory_mb ?? storeMemory(place.machine)), '-c', '4096'],
      environment: {},
      secrets: [],
      volumes: [],
      files: [],
      temporary: ['/tmp'],
      health: {
        command: ['bash', '-c', ask],
        intervalSeconds: 10,
        timeoutSeconds: 5,
        retries: 3,
        startSeconds: 20,
      },
      // All is forgotten at its end, so there is nothing to wait for.
      stop: { signal: 'SIGTERM', timeoutSeconds: 15 },
    },
  ],
};
