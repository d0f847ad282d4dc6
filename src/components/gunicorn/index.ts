import { join, posix } from 'node:path';

import * as z from 'zod';

import { webProcesses, webThreads } from '../capacity.ts';
import type { Facts } from '../../django/facts.ts';
import { component } from '../component.ts';
import {
  chosenProcesses,
  configureWeb,
  isAtLeast,
  webFolders,
  webOptions,
  webService,
  withoutVariables,
} from '../web/web-service.ts';

const options = webOptions.extend({
  configFile: z
    .string()
    .optional()
    .describe("The project's own configuration of Gunicorn, relative to the folder with manage.py, or `python:MODULE`"),
});

type GunicornOptions = z.infer<typeof options>;

/** The web server of WSGI projects: several processes with threads, on a socket that the supervisor holds. */
export const gunicornComponent = component<GunicornOptions>({
  name: 'gunicorn',
  title: 'Gunicorn',
  roles: ['web'],
  about: "Runs the project's WSGI application in several processes with threads, behind the edge on a unix socket.",
  options,
  detect: (facts) =>
    facts.application.value.kind === 'wsgi'
      ? { options: options.parse(configFile(facts)), because: facts.application.because }
      : undefined,
  unfit: ({ application }) =>
    application.value.kind === 'wsgi' ? undefined : `runs WSGI applications, and ${application.value.module} is ASGI`,
  configure: (chosen, config) => ({ ...chosen, ...configureWeb(chosen, config) }),
  packages: () => ({
    debian: [],
    python: [{ requirement: 'gunicorn>=23', unless: ['gunicorn'], because: 'the web server: undeclared, added' }],
  }),
  runsAs: 'site',
  folders: (_options, place) => webFolders(place),
  files: () => [],
  setup: () => [],
  services: () => [],
  setting: (chosen, place, release) => ({
    workers: chosenProcesses(chosen, release, webProcesses(place.machine)),
    threads: chosen.threads ?? webThreads(),
  }),
  releaseServices: (chosen, place, release) => [
    webService(place, withoutVariables(release, /^GUNICORN_/), chosen, {
      command: [
        join(release.bin, 'gunicorn'),
        // Gunicorn's order is file, GUNICORN_CMD_ARGS, command line. The file is ours and takes over what is harmless of the
        // other two (docs/decisions/0023): some of what they could say has no option that says the opposite.
        '--config=python:roadie_gunicorn',
        '--worker-class=gthread',
        `--workers=${chosenProcesses(chosen, release, webProcesses(place.machine))}`,
        `--threads=${chosen.threads ?? webThreads()}`,
        // A process takes what its threads can work on and no more (1000 by default): what waits, waits in the supervisor's
        // socket, where it outlives the process and the next free one of all processes takes it.
        `--worker-connections=${chosen.threads ?? webThreads()}`,
        // None is kept: the edge closes each. Connections kept would count among those.
        '--keep-alive=0',
        `--timeout=${Math.ceil(chosen.timeoutSeconds)}`,
        `--graceful-timeout=${Math.ceil(chosen.timeoutSeconds)}`,
        // Its heartbeat is a file: on a disk that is busy, processes would be killed for being late.
        '--worker-tmp-dir=/dev/shm',
        // From 25.1 on it opens one in the user's home unless told not to; before, it refuses the option.
        ...(isAtLeast(release, 'gunicorn', 25, 1) ? ['--no-control-socket'] : []),
        'roadie_wsgi:application',
      ],
      environment: {
        ROADIE_APPLICATION: `${release.application.module}:${release.application.name}`,
        ...(chosen.configFile !== undefined && { ROADIE_GUNICORN_CONFIG: chosen.configFile }),
        ...(release.environment['GUNICORN_CMD_ARGS'] && {
          ROADIE_GUNICORN_ARGUMENTS: release.environment['GUNICORN_CMD_ARGS'],
        }),
      },
    }),
  ],
});

/** Gunicorn runs in the folder with manage.py, wherever the file lies. */
function configFile({ gunicornConfig, root }: Facts): Pick<GunicornOptions, 'configFile'> {
  if (!gunicornConfig) return {};
  const { value } = gunicornConfig;
  return { configFile: value.startsWith('python:') ? value : posix.relative(root.value, value) };
}
