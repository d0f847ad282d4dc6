import { join, posix } from 'node:path';

import * as z from 'zod';

import { asynchronousProcesses, type Machine, webProcesses, webThreads } from '../capacity.ts';
import type { Facts } from '../../django/facts.ts';
import { gunicornWords } from '../../django/read/gunicorn-words.ts';
import { undeclared, webComponent } from '../web/web-component.ts';
import {
  applicationEntry,
  chosenProcesses,
  configureWeb,
  isAtLeast,
  webOptions,
  webService,
  withoutVariables,
} from '../web/web-service.ts';

const options = webOptions.extend({
  workerClass: z
    .enum(['sync', 'gthread', 'gevent', 'uvicorn'])
    .optional()
    .describe(
      'How each process works: on one request at a time, with threads, with greenlets, or on an ASGI application; absent: `gthread`',
    ),
  arguments: z
    .array(z.string())
    .optional()
    .describe("Further options from the project's own command line of Gunicorn, such as `--max-requests=1000`"),
  configFile: z
    .string()
    .optional()
    .describe("The project's own configuration of Gunicorn, relative to the folder with manage.py, or `python:MODULE`"),
});

type GunicornOptions = z.infer<typeof options>;
type WorkerClass = NonNullable<GunicornOptions['workerClass']>;

const standardClass: WorkerClass = 'gthread';

/** What a worker class is called on the command line, which kind of application it runs, and what else has to be installed. */
const workerClasses = {
  sync: { class: 'sync', runs: 'wsgi', needs: [] },
  gthread: { class: 'gthread', runs: 'wsgi', needs: [] },
  gevent: {
    class: 'roadie_gunicorn_gevent.Worker',
    runs: 'wsgi',
    // What Gunicorn declares for its extra `gevent`; without it, and nothing else that needs `packaging`, the worker does not start.
    needs: [undeclared('gevent>=23.9', 'gevent'), undeclared('packaging', 'packaging')],
  },
  uvicorn: {
    class: 'uvicorn_worker.UvicornWorker',
    runs: 'asgi',
    needs: [undeclared('uvicorn-worker>=0.2', 'uvicorn-worker'), undeclared('websockets>=12', 'websockets', 'wsproto')],
  },
} as const satisfies Record<WorkerClass, unknown>;

/** Requests that a process with greenlets works on at a time: each may hold a connection of the database. */
const standardGreenlets = 10;

/** The web server of WSGI projects: several processes with threads, on a socket that the supervisor holds. */
export const gunicornComponent = webComponent<GunicornOptions>({
  name: 'gunicorn',
  title: 'Gunicorn',
  about:
    "Runs the project's WSGI application in several processes with threads, behind the edge on a unix socket. With `[web] worker_class` also one request at a time, with greenlets (gevent), or an ASGI application (Uvicorn's worker).",
  options,
  detect: (facts) =>
    facts.application.value.kind === 'wsgi'
      ? { options: options.parse({ ...ofItsCommand(facts), ...configFile(facts) }), because: facts.application.because }
      : undefined,
  workerClasses: {
    names: Object.keys(workerClasses),
    of: ({ workerClass = standardClass }) => workerClass,
  },
  runs: ({ web }) => [workerClasses[web?.worker_class ?? standardClass].runs],
  configure: (chosen, config) => ({
    ...chosen,
    ...configureWeb(chosen, config),
    ...(config.web?.worker_class && { workerClass: config.web.worker_class }),
  }),
  python: ({ workerClass = standardClass }) => [
    undeclared('gunicorn>=23', 'gunicorn'),
    ...workerClasses[workerClass].needs,
  ],
  setting: (chosen, place, release) => ({
    workers: chosenProcesses(chosen, release, suitableProcesses(chosen, place.machine)),
    threads: threadsOf(chosen) ?? null,
  }),
  service: (chosen, place, release) =>
    webService(place, withoutVariables(release, /^GUNICORN_/), chosen, {
      command: [
        join(release.bin, 'gunicorn'),
        // Gunicorn's order is file, GUNICORN_CMD_ARGS, command line. The file is ours and takes over what is harmless of the
        // other two (docs/decisions/0023): some of what they could say has no option that says the opposite.
        '--config=python:roadie_gunicorn',
        ...classOptions(chosen),
        `--workers=${chosenProcesses(chosen, release, suitableProcesses(chosen, place.machine))}`,
        // None is kept: the edge closes each. Connections kept would count among those.
        '--keep-alive=0',
        `--timeout=${Math.ceil(chosen.timeoutSeconds)}`,
        `--graceful-timeout=${Math.ceil(chosen.timeoutSeconds)}`,
        // Its heartbeat is a file: on a disk that is busy, processes would be killed for being late.
        '--worker-tmp-dir=/dev/shm',
        // From 25.1 on it opens one in the user's home unless told not to; before, it refuses the option.
        ...(isAtLeast(release, 'gunicorn', 25, 1) ? ['--no-control-socket'] : []),
        applicationEntry(release).application,
      ],
      environment: {
        ...applicationEntry(release).environment,
        ...(chosen.configFile !== undefined && { ROADIE_GUNICORN_CONFIG: chosen.configFile }),
        ...argumentsFor(chosen, release.environment['GUNICORN_CMD_ARGS']),
      },
    }),
});

function suitableProcesses({ workerClass = standardClass }: GunicornOptions, machine: Machine): number {
  return workerClass === 'uvicorn' ? asynchronousProcesses(machine) : webProcesses(machine);
}

/**
 * A process takes what it can work on and no more (1000 by default): what waits, waits in the supervisor's socket, where it outlives
 * the process and the next free one of all processes takes it.
 */
function classOptions(chosen: GunicornOptions): readonly string[] {
  const { workerClass = standardClass } = chosen;
  const named = `--worker-class=${workerClasses[workerClass].class}`;
  const threads = threadsOf(chosen);
  if (threads === undefined) return [named];
  return [named, ...(workerClass === 'gthread' ? [`--threads=${threads}`] : []), `--worker-connections=${threads}`];
}

/** How many requests a process works on at a time; undefined where that is not to be chosen. */
function threadsOf({ workerClass = standardClass, threads }: GunicornOptions): number | undefined {
  if (workerClass === 'gthread') return threads ?? webThreads();
  return workerClass === 'gevent' ? (threads ?? standardGreenlets) : undefined;
}

/** The later of two counts: what the environment says. */
function argumentsFor(chosen: GunicornOptions, variable: string | undefined): Readonly<Record<string, string>> {
  const all = [...(chosen.arguments ?? []), ...(variable ? [variable] : [])].join(' ');
  return all === '' ? {} : { ROADIE_GUNICORN_ARGUMENTS: all };
}

/** What the project's own `web` line asks of Gunicorn. */
function ofItsCommand({ webCommand }: Facts): Partial<GunicornOptions> {
  const { arguments: more = [], ...taken } = (webCommand && gunicornWords(webCommand.value)) ?? {};
  return { ...taken, ...(more.length > 0 && { arguments: [...more] }) };
}

/** Gunicorn runs in the folder with manage.py, wherever the file lies. */
function configFile({ gunicornConfig, root }: Facts): Pick<GunicornOptions, 'configFile'> {
  if (!gunicornConfig) return {};
  const { value } = gunicornConfig;
  return { configFile: value.startsWith('python:') ? value : posix.relative(root.value, value) };
}
