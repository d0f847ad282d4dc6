import type { ProcessRecord } from '../machine/processes/process-records.ts';
import type { GroupSpec } from '../services/service.ts';

/** What becomes of the processes that an earlier daemon left. */
export type Adoption = {
  /** One for each service: the one that serves. */
  readonly adopt: readonly ProcessRecord[];
  /** Replacements that never went live, those that were draining, and what belongs to no service any more. */
  readonly end: readonly ProcessRecord[];
};

/**
 * Decides from the records of living processes. Where a service has several, the daemon ended in the middle of a
 * replacement: the one whose socket stands in its place (`liveInodes`, by path) serves; without sockets the one that is
 * ready, then the oldest.
 */
export function decideAdoption(
  living: readonly ProcessRecord[],
  groups: readonly GroupSpec[],
  isLive: (socket: ProcessRecord['sockets'][number]) => boolean,
): Adoption {
  const adopt: ProcessRecord[] = [];
  for (const { group, services } of groups) {
    for (const { name } of services) {
      const candidates = living.filter((record) => record.group === group && record.service === name);
      const [best] = candidates.toSorted((a, b) => rank(b, isLive) - rank(a, isLive) || a.since - b.since);
      if (best) adopt.push(best);
    }
  }
  return { adopt, end: living.filter((record) => !adopt.includes(record)) };
}

function rank(record: ProcessRecord, isLive: (socket: ProcessRecord['sockets'][number]) => boolean): number {
  return (record.sockets.some(isLive) ? 2 : 0) + (record.ready ? 1 : 0);
}
