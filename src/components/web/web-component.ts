import { join } from 'node:path';

import type { Config } from '../../config/config.ts';
import type { Facts } from '../../django/facts.ts';
import type { ServiceSpec } from '../../services/service.ts';
import { type Component, component, type PythonNeed, type ReleaseView, type Wish } from '../component.ts';
import { asOnMachine } from '../container.ts';
import type { Place } from '../place.ts';
import {
  applicationEntry,
  asynchronousSetting,
  webFolders,
  type WebOptions,
  webOptions,
  webService,
} from './web-service.ts';

/** The kinds of application that a server can run. */
type Kinds = readonly ['wsgi' | 'asgi', ...('wsgi' | 'asgi')[]];

/** What differs between application servers. */
export type WebDefinition<Options extends WebOptions> = Required<
  Pick<Component<Options>, 'name' | 'title' | 'about' | 'options' | 'detect' | 'configure' | 'setting'>
> &
  Pick<Component<Options>, 'workerClasses'> & {
    /** The kinds of application that it runs as the config has it. */
    readonly runs: (config: Config) => Kinds;
    readonly python: (options: Options) => readonly [PythonNeed, ...PythonNeed[]];
    readonly service: (options: Options, place: Place, release: ReleaseView) => ServiceSpec;
  };

/** The component of an application server: it runs as the site does, and has nothing before there is a release. */
export function webComponent<Options extends WebOptions>(web: WebDefinition<Options>): Component<Options> {
  const { runs, python, service, ...same } = web;
  return component<Options>({
    ...same,
    roles: ['web'],
    interfaces: runs,
    unfit: ({ application: { value } }, config) => {
      const kinds = runs(config);
      if (kinds.includes(value.kind)) return undefined;
      return `runs ${kinds[0].toUpperCase()} applications, and ${value.module} is ${value.kind.toUpperCase()}`;
    },
    packages: (options) => ({ debian: [], python: python(options) }),
    runsAs: 'site',
    folders: (_options, place) => webFolders(place),
    files: () => [],
    setup: () => [],
    services: () => [],
    releaseServices: (options, place, release) => [service(options, place, release)],
    // What the container starts with opens the socket that it inherits.
    container: asOnMachine,
  });
}

/** What is added where the project declares none of `unless`. */
export function undeclared(requirement: string, ...unless: readonly string[]): PythonNeed {
  return { requirement, unless, because: 'the web server: undeclared, added' };
}

/**
 * That the project's own `web` line starts this program, and has an application for it: that is stronger than the kind of its
 * application. Undefined where it does not.
 */
export function namedByProject(
  program: string,
  kinds: Kinds,
  { webCommand, application }: Facts,
): Wish<WebOptions> | undefined {
  const names = webCommand?.value.some((word) => word.split('/').at(-1) === program) ?? false;
  if (!webCommand || !names || !kinds.includes(application.value.kind)) return undefined;
  return { options: webOptions.parse({}), because: webCommand.because, strength: 1 };
}

/** An asynchronous server that works in one process, in as many as are to run: they accept from one socket below a parent of ours. */
export function singleProcesses(
  options: WebOptions,
  place: Place,
  release: ReleaseView,
  server: (application: string) => readonly [string, ...string[]],
): ServiceSpec {
  const { application, environment } = applicationEntry(release);
  const count = asynchronousSetting(options, place, release).workers;
  const python = join(release.bin, 'python');
  const command = [python, '-m', ...server(application)] as const;
  return webService(place, release, options, {
    command: count === 1 ? command : [python, '-m', 'roadie_processes', String(count), ...command],
    environment,
    passing: 'descriptors',
  });
}
