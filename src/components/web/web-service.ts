import { dirname } from 'node:path';

import * as z from 'zod';

import type { Config } from '../../config/config.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { WebSetting } from '../../services/web-setting.ts';
import { asynchronousProcesses, webProcesses, webThreads } from '../capacity.ts';
import type { FolderSpec, ReleaseView } from '../component.ts';
import type { Place } from '../place.ts';
import { releaseService } from '../release-service.ts';

/** What the owner may choose of a web server, whichever it is. */
export const webOptions = z.strictObject({
  workers: z.int().min(1).max(1000).optional().describe('Processes; absent: chosen from cores and memory'),
  threads: z.int().min(1).max(1000).optional().describe('Threads of each process; absent: 4'),
  timeoutSeconds: z
    .number()
    .positive()
    .default(30)
    .describe('How long a process may give no sign of life, and how long a stop waits for requests'),
  memoryLimitMb: z
    .int()
    .positive()
    .optional()
    .describe('Memory of all processes together beyond which they are replaced; absent: no limit'),
  cpus: z.number().positive().optional().describe('Cores that all processes together may use; absent: no limit'),
  readySeconds: z.number().positive().default(60).describe('How long a new release may take until it answers'),
  readyTries: z.int().min(1).default(10).describe('Bad answers after which a new release is given up'),
});

export type WebOptions = z.infer<typeof webOptions>;

/** The time-out among a component's options, in seconds; 0 where it is no web server. */
export function timeoutOf(options: unknown): number {
  return webOptions.pick({ timeoutSeconds: true }).loose().safeParse(options).data?.timeoutSeconds ?? 0;
}

/** The web options with the config's `[web]` and `[health]`. */
export function configureWeb(options: WebOptions, config: Config): WebOptions {
  return {
    ...options,
    ...(config.web?.workers !== undefined && { workers: config.web.workers }),
    ...(config.web?.threads !== undefined && { threads: config.web.threads }),
    ...(config.web?.timeout_seconds !== undefined && { timeoutSeconds: config.web.timeout_seconds }),
    ...(config.web?.memory_limit_mb !== undefined && { memoryLimitMb: config.web.memory_limit_mb }),
    ...(config.web?.cpu_limit !== undefined && { cpus: config.web.cpu_limit }),
    ...(config.health?.timeout_seconds !== undefined && { readySeconds: config.health.timeout_seconds }),
    ...(config.health?.tries !== undefined && { readyTries: config.health.tries }),
  };
}

/** How many processes: the config's, else the environment's WEB_CONCURRENCY where that is a number, else what suits the machine. */
export function chosenProcesses(options: WebOptions, release: ReleaseView, suitable: number): number {
  const concurrency = release.environment['WEB_CONCURRENCY'] ?? '';
  return options.workers ?? (/^[1-9][0-9]{0,2}$/.test(concurrency) ? Number(concurrency) : suitable);
}

/** How a server with threads runs. */
export function threadedSetting(options: WebOptions, place: Place, release: ReleaseView): WebSetting {
  return {
    workers: chosenProcesses(options, release, webProcesses(place.machine)),
    threads: options.threads ?? webThreads(),
  };
}

/** How an asynchronous server runs: each process works on as much at a time as comes. */
export function asynchronousSetting(options: WebOptions, place: Place, release: ReleaseView): WebSetting {
  return { workers: chosenProcesses(options, release, asynchronousProcesses(place.machine)), threads: null };
}

/** The folder of the public socket, where it has one of its own: root's, since root renames sockets in it; the edge may enter. */
export function webFolders(place: Place): readonly FolderSpec[] {
  const path = dirname(place.webSocket);
  return path === place.folders.run ? [] : [{ path, owner: 'root', group: 'edge', mode: 0o710 }];
}

/**
 * The service `web`: the supervisor owns its socket (0660, the site's user and the edge), and a new release answers on its own
 * before the old one leaves. The gate asks as a visitor would, with the real host over HTTPS.
 */
export function webService(
  place: Place,
  release: ReleaseView,
  options: WebOptions,
  given: {
    readonly command: ServiceSpec['command'];
    readonly environment: Readonly<Record<string, string>>;
    /** Absent: by systemd's protocol. */
    readonly passing?: 'listen-fds' | 'descriptors';
  },
): ServiceSpec {
  const { site, edge } = place.users;
  const port = place.ports.https === 443 ? '' : `:${place.ports.https}`;
  const question = {
    socket: place.webSocket,
    path: release.healthPath,
    host: `${place.domains[0]}${port}`,
    headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '127.0.0.1' },
  };
  return releaseService(place, release, {
    name: 'web',
    passing: 'listen-fds',
    ...given,
    sockets: [
      {
        kind: 'unix',
        path: place.webSocket,
        mode: 0o660,
        ...(site && { uid: site.uid }),
        ...(edge && { gid: edge.gid }),
      },
    ],
    readiness: {
      probe: { kind: 'http', ...question },
      timeoutSeconds: options.readySeconds,
      tries: options.readyTries,
      pages: firstPages(release),
    },
    // A project's front page can be slow and costly: only a route that is meant for it is asked again and again.
    liveness: {
      ...(release.healthPath !== '/' && { probe: question }),
      intervalSeconds: 5,
      timeoutSeconds: 4,
      failures: 3,
    },
    ...(options.memoryLimitMb !== undefined && { memoryLimitBytes: options.memoryLimitMb * 1024 * 1024 }),
    ...(options.cpus !== undefined && { cpus: options.cpus }),
    // The server itself gives requests `timeoutSeconds` to end, then a moment to clean up.
    stop: { signal: 'SIGTERM', timeoutSeconds: options.timeoutSeconds + 5 },
    replace: 'overlap',
  });
}

/** What visitors come to first, besides the route that readiness asks. */
function firstPages({ healthPath, probe }: ReleaseView): readonly string[] {
  const found = ['/', ...(probe.loginPath == null ? [] : [probe.loginPath])];
  return [...new Set(found)].filter((path) => path !== healthPath);
}

/** Whether the release has at least that version of a distribution, whose command line older ones do not know. */
export function isAtLeast(release: ReleaseView, distribution: string, major: number, minor: number): boolean {
  const [foundMajor = 0, foundMinor = 0] = (release.probe.distributions[distribution] ?? '').split('.').map(Number);
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}

/** A release whose environment lacks the variables that a server would take for settings of its own. */
export function withoutVariables(release: ReleaseView, names: RegExp): ReleaseView {
  const kept = Object.entries(release.environment).filter(([name]) => !names.test(name));
  return { ...release, environment: Object.fromEntries(kept) };
}

/** Where Roadie's own entry stands for the project's application: it gives Django the visitor's address and scheme. */
export function applicationEntry(release: ReleaseView): {
  readonly application: string;
  readonly environment: Readonly<Record<string, string>>;
} {
  const { kind, module, name } = release.application;
  return { application: `roadie_${kind}:application`, environment: { ROADIE_APPLICATION: `${module}:${name}` } };
}
