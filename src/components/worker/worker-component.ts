import type { ServiceSpec } from '../../services/service.ts';
import { type Component, component, type FolderSpec, type PythonNeed, type ReleaseView } from '../component.ts';
import { asOnMachine } from '../container.ts';
import type { Place } from '../place.ts';
import { wishForWorkers, type WorkerOptions, type WorkersOptions, workersOptions } from './worker-service.ts';

/** What differs between the components that run beside the web server. */
export type WorkerDefinition = {
  /** The component's name, which is the `kind` of what is found. */
  readonly name: string;
  readonly title: string;
  /** Absent: a worker. */
  readonly role?: 'beat';
  readonly about: string;
  readonly python: readonly PythonNeed[];
  readonly folders?: (place: Place) => readonly FolderSpec[];
  /** What runs for one of the project's workers of this kind. */
  readonly services: (worker: WorkerOptions, place: Place, release: ReleaseView) => readonly ServiceSpec[];
};

/** The component of a kind of worker: it runs as the site does, and has nothing before there is a release. */
export function workerComponent(worker: WorkerDefinition): Component<WorkersOptions> {
  return component<WorkersOptions>({
    name: worker.name,
    title: worker.title,
    roles: [worker.role ?? 'worker'],
    about: worker.about,
    options: workersOptions,
    detect: (facts) => wishForWorkers(facts, worker.name),
    packages: () => ({ debian: [], python: worker.python }),
    runsAs: 'site',
    folders: (_options, place) => worker.folders?.(place) ?? [],
    files: () => [],
    setup: () => [],
    services: () => [],
    releaseServices: ({ workers }, place, release) => workers.flatMap((each) => worker.services(each, place, release)),
    // The project's own image, in a container for each of its services.
    container: asOnMachine,
  });
}
