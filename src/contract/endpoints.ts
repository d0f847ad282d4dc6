import type { JobRequest } from './jobs.ts';
import { siteNamePattern } from './names.ts';

/** What the parameters of paths and queries may be, by their name. No valid value has to be percent-encoded. */
export const parameters = {
  site: siteNamePattern,
  /** A site's name, or `edge` for what serves the whole host. */
  group: siteNamePattern,
  service: /^[a-z][a-z0-9_.-]{0,62}$/,
  lines: /^\d{1,6}$/,
  keep: /^\d{1,6}$/,
  follow: /^[01]$/,
  wait: /^[01]$/,
  services: /^[01]$/,
} as const satisfies Readonly<Record<string, RegExp>>;

export type ParameterName = keyof typeof parameters;

/**
 * What the daemon answers on its unix socket: one table. Path parameters are written `:name`; `query` lists the allowed
 * parameters; bodies are in `bodies.ts`, answers in `answers.ts`. `answer` is 'json' (one value) or 'events' (server-sent events, one JSON value each,
 * until it ends). Errors come as `{ problems: Problem[] }` with status 400 (the request), 404 (no such thing), 409 (busy) or 500
 * (a bug).
 */
export const endpoints = {
  status: {
    method: 'GET',
    path: '/v1/status',
    query: [],
    answer: 'json',
    about: 'All sites with their services, and the daemon',
  },
  /** Streams `RoadieEvent`s; with `follow=1` it goes on. `lines`: how many past ones first (default 100). */
  events: {
    method: 'GET',
    path: '/v1/events',
    query: ['follow', 'lines', 'site'],
    answer: 'events',
    about: 'What happened, and with follow=1 what happens',
  },
  /** Body: a JobRequest. Streams the job's `RoadieEvent`s and ends with a `JobEnd`. With `wait=1` it queues behind a job of its site, else 409 with problem `busy`. What only reads waits for none. */
  job: {
    method: 'POST',
    path: '/v1/jobs',
    query: ['wait'],
    answer: 'events',
    about: 'Run an operation: up, plan, check, env, down',
  },
  start: {
    method: 'POST',
    path: '/v1/sites/:site/start',
    query: ['service'],
    answer: 'json',
    about: 'Start a site or one service of it; answers when it is ready',
  },
  stop: {
    method: 'POST',
    path: '/v1/sites/:site/stop',
    query: ['service'],
    answer: 'json',
    about: 'Stop a site or one service of it; it stays down until it is started',
  },
  restart: {
    method: 'POST',
    path: '/v1/sites/:site/restart',
    query: ['service'],
    answer: 'json',
    about: 'Restart a site or one service of it, without refusing a request',
  },
  /** Streams `{ service, line }`. `lines` default 100. */
  logs: {
    method: 'GET',
    path: '/v1/sites/:site/logs',
    query: ['service', 'follow', 'lines'],
    answer: 'events',
    about: "A site's logs",
  },
  releases: {
    method: 'GET',
    path: '/v1/sites/:site/releases',
    query: [],
    answer: 'json',
    about: "A site's releases: which is live, what is held, failed, watched or running",
  },
  watch: {
    method: 'GET',
    path: '/v1/sites/:site/watch',
    query: [],
    answer: 'json',
    about: 'The repository that a site follows, and what the daemon knows of it',
  },
  /** How to run a command as the site does: `{ directory, bin, root, environment, uid?, gid?, groups? }`. Holds secrets. */
  environment: {
    method: 'GET',
    path: '/v1/sites/:site/environment',
    query: [],
    answer: 'json',
    about: 'The live environment of a site, for `run` and `shell`',
  },
  /** Their contents are not told. */
  files: {
    method: 'GET',
    path: '/v1/sites/:site/files',
    query: [],
    answer: 'json',
    about: "The owner's own files, which go into each release of a site",
  },
  /**
   * Reads the group's spec from the site's state file and makes it true; answers when all is ready, or says why not. Used by jobs.
   * `keep`: for so many seconds the processes that were replaced side by side stay ready to come back.
   */
  reconcile: {
    method: 'POST',
    path: '/v1/groups/:group/reconcile',
    query: ['keep'],
    answer: 'json',
    about: "Make a group's services agree with its state file",
  },
  /** Used by jobs after the edge's files changed and were validated. */
  reload: {
    method: 'POST',
    path: '/v1/groups/:group/reload',
    query: ['service'],
    answer: 'json',
    about: 'Have a service read its files again',
  },
  forget: {
    method: 'POST',
    path: '/v1/groups/:group/forget',
    query: [],
    answer: 'json',
    about: 'Stop a group and drop it',
  },
  stopDaemon: {
    method: 'POST',
    path: '/v1/daemon/stop',
    query: ['services'],
    answer: 'json',
    about: 'Stop the daemon; with services=1 everything it supervises as well',
  },
} as const satisfies Record<string, Endpoint>;

export type Endpoint = {
  readonly method: 'GET' | 'POST';
  readonly path: `/v1/${string}`;
  readonly query: readonly ParameterName[];
  readonly answer: 'json' | 'events';
  readonly about: string;
};

export type EndpointName = keyof typeof endpoints;

/** What the bodies are, by endpoint; the others take none. */
export type Bodies = { readonly job: JobRequest };
