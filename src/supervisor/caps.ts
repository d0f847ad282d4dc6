import type { Caps } from '../machine/bounds/cgroups.ts';
import type { ServiceSpec } from '../services/service.ts';

/** So many times its memory limit is where the kernel ends processes of a service. */
const hardMemory = 1.5;

/** What keeps data is ended last where a site's memory runs out, so that it is not ended for what another has taken. */
const statefulScore = -500;

/**
 * What the kernel holds a service to. The supervisor's own memory limit comes first, since it loses nothing; the kernel's is for
 * what grows faster than that.
 */
export function capsOf({ memoryLimitBytes, cpus }: Pick<ServiceSpec, 'memoryLimitBytes' | 'cpus'>): Caps {
  return {
    ...(memoryLimitBytes !== undefined && { memoryBytes: Math.round(memoryLimitBytes * hardMemory) }),
    ...(cpus !== undefined && { cpus }),
  };
}

/** How readily the kernel ends a service's processes where memory runs out: see choom(1). */
export function oomScoreOf({ stateful }: Pick<ServiceSpec, 'stateful'>): number {
  return stateful === true ? statefulScore : 0;
}
