import { join } from 'node:path';

import type { ServiceSpec } from '../../services/service.ts';
import type { Component } from '../component.ts';
import type { Place } from '../place.ts';
import { workerComponent, type WorkerDefinition } from './worker-component.ts';
import { workerServices, type WorkersOptions } from './worker-service.ts';

/** What differs between the queues whose worker is a command of manage.py. */
export type QueueDefinition = Pick<WorkerDefinition, 'name' | 'title' | 'about' | 'python'> & {
  /** The command of manage.py. */
  readonly command: string;
  /** A module in the virtualenv that starts manage.py: it puts back first what a worker before was cut off in. */
  readonly starter?: string;
  /** How long a stop waits for what runs, in seconds. */
  readonly stopSeconds: number;
  /** What asks for a warm stop; absent: SIGTERM. */
  readonly stopSignal?: ServiceSpec['stop']['signal'];
  /** Arguments in addition to the project's own; `index` counts the processes that run side by side from 0. */
  readonly extra?: (given: readonly string[], index: number, place: Place) => readonly string[];
};

/** The component of a queue. */
export function queueComponent(queue: QueueDefinition): Component<WorkersOptions> {
  const { name, title, about, python } = queue;
  return workerComponent({
    name,
    title,
    about,
    python,
    services(worker, place, release) {
      const given = worker.arguments;
      return workerServices(place, release, worker, {
        command: (_name, index) =>
          worker.program !== undefined
            ? [join(release.bin, worker.program), ...given]
            : [
                join(release.bin, 'python'),
                ...(queue.starter === undefined ? [] : ['-m', queue.starter]),
                join(release.root, 'manage.py'),
                queue.command,
                ...(queue.extra?.(given, index, place) ?? []),
                ...given,
              ],
        stopSeconds: queue.stopSeconds,
        ...(queue.stopSignal && { stopSignal: queue.stopSignal }),
      });
    },
  });
}
