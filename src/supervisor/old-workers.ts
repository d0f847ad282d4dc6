import { allProcesses, signalProcess } from '../machine/processes/processes.ts';
import { commandLineOf } from '../machine/users/groups.ts';
import type { ServiceSpec } from '../services/service.ts';

/** A child process with its start in clock ticks since boot. */
export type Child = { readonly pid: number; readonly startTime: number; readonly title: string | undefined };

/** Which old workers are too many: those that were started first. */
export function tooMany(
  children: readonly Child[],
  { title, most }: NonNullable<ServiceSpec['oldWorkers']>,
): readonly number[] {
  const old = children.filter((child) => child.title === title).toSorted((a, b) => a.startTime - b.startTime);
  return old.slice(0, Math.max(0, old.length - most)).map(({ pid }) => pid);
}

/** Ends the old workers of a main process that are too many. */
export function endOldest(master: number, oldWorkers: NonNullable<ServiceSpec['oldWorkers']>): void {
  const children = [...allProcesses()]
    .filter(([, { parent }]) => parent === master)
    .map(([pid, { startTime }]) => ({ pid, startTime, title: commandLineOf(pid) }));
  for (const pid of tooMany(children, oldWorkers)) signalProcess(pid, 'SIGTERM');
}
