import { capProcess } from '../machine/cgroups.ts';
import type { ServiceSpec } from './service.ts';

/** So many times its memory limit is where the kernel ends processes of a service. */
const hardMemory = 1.5;

/**
 * Has the kernel hold a service to its caps, before its process starts others: they inherit it. Where the machine cannot do
 * it, `check` says so. The supervisor's own memory limit comes first, since it loses nothing; the kernel's is for what grows
 * faster than that.
 */
export function capService({ group, name, memoryLimitBytes, cpus }: ServiceSpec, pid: number): void {
  if (memoryLimitBytes === undefined && cpus === undefined) return;
  const memory = memoryLimitBytes === undefined ? {} : { memoryBytes: Math.round(memoryLimitBytes * hardMemory) };
  capProcess(pid, `${group}.${name}`, { ...memory, ...(cpus !== undefined && { cpus }) });
}
