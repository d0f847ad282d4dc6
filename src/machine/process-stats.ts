import { readFileSync } from 'node:fs';

import { systemClock } from './clock.ts';
import { allProcesses, processTree } from './processes.ts';

/** `memoryBytes`: resident set of the whole tree (pages that several share count for each); `cpuPercent` of one core since the last look, null at the first. */
export type TreeStats = { readonly memoryBytes: number; readonly cpuPercent: number | null };

/** Clock ticks in a second: USER_HZ is 100 on every Linux architecture that Debian has. */
const ticksPerSecond = 100;

/** Looks at process trees, remembering their CPU time from one look to the next. */
export class ProcessStats {
  #before = new Map<number, number>();
  #lookedAt: number | undefined;

  /** Statistics of the trees below these processes, by pid; a pid that is gone is left out. One pass over /proc for all. */
  look(roots: readonly number[]): ReadonlyMap<number, TreeStats> {
    const all = allProcesses();
    const now = systemClock.monotonic();
    const seconds = this.#lookedAt === undefined ? undefined : (now - this.#lookedAt) / 1000;
    const ticks = new Map<number, number>();
    const answer = new Map<number, TreeStats>();
    for (const root of roots) {
      const tree = processTree(root, all);
      if (!all.has(root)) continue;
      let memoryBytes = 0;
      let used = 0;
      for (const pid of tree) {
        const total = all.get(pid)?.ticks ?? 0;
        memoryBytes += residentBytes(pid);
        // A process that came since the last look has used all its time since then.
        used += Math.max(0, total - (this.#before.get(pid) ?? 0));
        ticks.set(pid, total);
      }
      const known = seconds !== undefined && seconds > 0 && this.#before.has(root);
      answer.set(root, {
        memoryBytes,
        cpuPercent: known ? Math.round((used / ticksPerSecond / seconds) * 1000) / 10 : null,
      });
    }
    this.#before = ticks;
    this.#lookedAt = now;
    return answer;
  }
}

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
