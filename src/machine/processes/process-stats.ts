import { totalmem } from 'node:os';
import { readFileSync } from 'node:fs';

import { systemClock } from '../clock.ts';
import { allProcesses, processTree, ticksPerSecond } from './processes.ts';

/**
 * `memoryBytes` of the whole tree: pages that several processes share count once in all (PostgreSQL's buffers would else count
 * for each of its processes); `cpuPercent` of one core since the last look, null at the first.
 */
export type TreeStats = { readonly memoryBytes: number; readonly cpuPercent: number | null };

/** For how long a proportional size stands while the resident size stays the same, in milliseconds. */
const memoryStands = 60_000;

/** Looks at process trees, remembering their CPU time from one look to the next. */
export class ProcessStats {
  #before = new Map<number, number>();
  #memory = new Map<number, Measured>();
  #lookedAt: number | undefined;

  /** Statistics of the trees below these processes, by pid; a pid that is gone is left out. One pass over /proc for all. */
  look(roots: readonly number[]): ReadonlyMap<number, TreeStats> {
    const all = allProcesses();
    const now = systemClock.monotonic();
    const seconds = this.#lookedAt === undefined ? undefined : (now - this.#lookedAt) / 1000;
    const ticks = new Map<number, number>();
    const memory = new Map<number, Measured>();
    const answer = new Map<number, TreeStats>();
    for (const root of roots) {
      const tree = processTree(root, all);
      if (!all.has(root)) continue;
      let memoryBytes = 0;
      let used = 0;
      for (const pid of tree) {
        const total = all.get(pid)?.ticks ?? 0;
        const measured = this.#measure(pid, now);
        memory.set(pid, measured);
        memoryBytes += measured.bytes;
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
    this.#memory = memory;
    this.#lookedAt = now;
    return answer;
  }

  /** The kernel walks all of a process's pages for its proportional size (some tenths of a millisecond): not when nothing moved. */
  #measure(pid: number, now: number): Measured {
    const resident = residentPages(pid);
    const known = this.#memory.get(pid);
    if (known?.resident === resident && now - known.at < memoryStands) return known;
    return { resident, at: now, bytes: memoryOf(pid) };
  }
}

type Measured = { readonly resident: number; readonly at: number; readonly bytes: number };

/** Bytes that a process and all below it use, shared pages counted once among those that share them. */
export function treeMemory(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + memoryOf(pid), 0);
}

/** Bytes that programs can still have without swapping. Source: proc_meminfo(5). */
export function availableMemory(): number {
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0) * 1024;
}

/** Bytes of memory that the machine has. */
export function totalMemory(): number {
  return totalmem();
}

/** The proportional set size; where it may not be read (another user's process), the resident one. */
function memoryOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return residentBytes(pid);
  }
}

function residentPages(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  } catch {
    return 0;
  }
}

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
