import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the kernel is to hold a process and all below it to. */
export type Caps = {
  /** Beyond it the kernel ends the one of its processes that uses most. */
  readonly memoryBytes?: number;
  /** Cores, 0.5 for half of one. */
  readonly cpus?: number;
};

/** Where control groups of version 2 are mounted on every system that has them. */
const mountPoint = '/sys/fs/cgroup';

/** Microseconds in which a service may use its cores' time: the kernel's own default. */
const cpuPeriod = 100_000;

/**
 * Why the kernel cannot hold services to caps here; undefined where it can. It takes control groups of version 2 with the
 * controllers for memory and CPU, which every Debian since 11 and Ubuntu since 21.10 mounts, and the right to write there.
 */
export function capsImpossible(mounted = mountPoint): string | undefined {
  let controllers: readonly string[];
  try {
    controllers = readFileSync(join(mounted, 'cgroup.controllers'), 'utf8').trim().split(' ');
  } catch {
    return 'this machine has no control groups of version 2';
  }
  const missing = ['memory', 'cpu'].filter((name) => !controllers.includes(name));
  if (missing.length > 0) return `its control groups have no controller for ${missing.join(' and ')}`;
  try {
    accessSync(join(mounted, 'cgroup.subtree_control'), constants.W_OK);
    return undefined;
  } catch {
    return 'only root may make control groups, and not in every container';
  }
}

/**
 * Puts a process into a control group of its own below `roadie/`, before it starts others. One group for each process and not
 * for each service: an old and a new one that run side by side for a moment would share a cap. Groups that are empty by now go.
 * Answers why it could not be done, undefined where it was.
 */
export function capProcess(pid: number, name: string, caps: Caps, mounted = mountPoint): string | undefined {
  const impossible = capsImpossible(mounted);
  if (impossible !== undefined) return impossible;
  const ours = join(mounted, 'roadie');
  const group = join(ours, `${name}.${pid}`);
  try {
    mkdirSync(ours, { recursive: true });
    removeEmpty(ours);
    for (const folder of [mounted, ours]) writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory +cpu');
    mkdirSync(group, { recursive: true });
    if (caps.memoryBytes !== undefined) writeFileSync(join(group, 'memory.max'), String(caps.memoryBytes));
    if (caps.cpus !== undefined)
      writeFileSync(join(group, 'cpu.max'), `${Math.max(1000, Math.round(caps.cpus * cpuPeriod))} ${cpuPeriod}`);
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function removeEmpty(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    try {
      rmdirSync(join(folder, entry.name));
    } catch {
      // Its processes still run.
    }
  }
}
