import * as z from 'zod';

import type { Facts } from '../../django/facts.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { ReleaseView, Wish } from '../component.ts';
import type { Place } from '../place.ts';
import { releaseService } from '../release-service.ts';

const workerOptions = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/)
    .describe("The service's name"),
  arguments: z.array(z.string()).default([]).describe("The command's arguments, as the project gives them"),
  program: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
    .optional()
    .describe("The queue's own program in the virtualenv; absent: its command of manage.py"),
  processes: z.int().min(1).max(100).default(1).describe('How many run side by side'),
  stopSeconds: z
    .number()
    .positive()
    .optional()
    .describe('How long a stop waits for what it has begun; absent: what suits its kind'),
  memoryLimitMb: z.int().positive().optional().describe('Memory of each beyond which it is replaced; absent: no limit'),
  cpus: z.number().positive().optional().describe('Cores that each may use; absent: no limit'),
});

export type WorkerOptions = z.infer<typeof workerOptions>;

/** What the components that run beside the web server have in common. */
export const workersOptions = z.strictObject({
  workers: z.array(workerOptions).default([]).describe('The programs to run'),
});

export type WorkersOptions = z.infer<typeof workersOptions>;

/** The project's workers of one kind, with the evidence for the first. */
export function wishForWorkers(facts: Facts, kind: string): Wish<WorkersOptions> | undefined {
  const found = facts.workers.filter((worker) => worker.value.kind === kind);
  const [first] = found;
  if (!first) return undefined;
  const workers = found.map(({ value }) => ({
    name: value.name,
    arguments: [...value.arguments],
    ...(value.program !== undefined && { program: value.program }),
    processes: value.processes ?? 1,
    ...(value.stopSeconds !== undefined && { stopSeconds: value.stopSeconds }),
    ...(value.memoryLimitMb !== undefined && { memoryLimitMb: value.memoryLimitMb }),
    ...(value.cpus !== undefined && { cpus: value.cpus }),
  }));
  return { options: { workers }, because: first.because };
}

/**
 * The services of a worker: `NAME`, and `NAME-2` … where several processes are wanted. A signal, SIGTERM unless given, asks for a
 * warm stop: it takes no more work and finishes what it has, for which it gets `stopSeconds` unless the owner says otherwise.
 */
export function workerServices(
  place: Place,
  release: ReleaseView,
  worker: WorkerOptions,
  given: {
    /** Of the service of that name; `index` counts from 0. */
    readonly command: (name: string, index: number) => ServiceSpec['command'];
    readonly stopSeconds: number;
    readonly stopSignal?: ServiceSpec['stop']['signal'];
  },
): readonly ServiceSpec[] {
  return Array.from({ length: worker.processes }, (_, index) => {
    const name = index === 0 ? worker.name : `${worker.name}-${index + 1}`;
    return releaseService(place, release, {
      name,
      command: given.command(name, index),
      readiness: { probe: { kind: 'running', seconds: 2 }, timeoutSeconds: 60 },
      stop: { signal: given.stopSignal ?? 'SIGTERM', timeoutSeconds: worker.stopSeconds ?? given.stopSeconds },
      replace: 'restart',
      ...(worker.memoryLimitMb !== undefined && { memoryLimitBytes: worker.memoryLimitMb * 1024 * 1024 }),
      ...(worker.cpus !== undefined && { cpus: worker.cpus }),
    });
  });
}

/** Whether one of these options is among the arguments: `-c 4`, `-c4` and `--concurrency=4` are all `-c`/`--concurrency`. */
export function hasOption(words: readonly string[], ...names: readonly string[]): boolean {
  return words.some((word) =>
    names.some(
      (name) =>
        word === name ||
        (name.startsWith('--') ? word.startsWith(`${name}=`) : /^-[A-Za-z]/.test(word) && word.startsWith(name)),
    ),
  );
}
