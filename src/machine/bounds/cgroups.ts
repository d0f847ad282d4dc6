import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Controller, findTrees, readOrNothing, type Tree } from './cgroup-trees.ts';
import { readMounts } from './mountinfo.ts';
import { look } from '../processes/processes.ts';
import { baseMark } from '../users/user-names.ts';

/** What the kernel is to hold a group of processes to, together. */
export type Caps = {
  /** Beyond it the kernel ends the one of them that it can best do without. */
  readonly memoryBytes?: number;
  /** Cores, 0.5 for half of one. */
  readonly cpus?: number;
  /** Processes and threads: beyond it no more can be started. */
  readonly processes?: number;
  /** Share of the processor beside others that want it as well; 100 is everybody's. */
  readonly weight?: number;
};

/** What the kernel has counted since a group was made. */
export type Refusals = {
  /** Processes that it ended for want of memory. */
  readonly killed: number;
  /** Forks that it refused. */
  readonly forks: number;
};

/** A group of one command: its name, and the files that a process joins it by when it writes `0` there. */
export type ProcessGroup = { readonly name: string; readonly joins: readonly string[] };

/** Microseconds in which a service may use its cores' time: the kernel's own default. */
const cpuPeriod = 100_000;

/** Cores of a site that is restrained: enough to end what it has, too little to be felt by others. */
const restrainedCores = 0.1;

/** Beyond its memory a group may use this share of it of the swap space, so that one that overflows does not fill that too. */
const swapShare = 0.25;

/** How many control groups this process has made: part of their names. */
let made = 0;

/**
 * Roadie's control groups, of version 2 or 1: `roadie/SITE/SERVICE.PID-NUMBER` with one group for each process and not for each
 * service, since an old and a new one run side by side for a moment. The pid is its maker's. Every method works without control
 * groups as well, and then does nothing.
 */
export class ControlGroups {
  readonly #trees: readonly Tree[];
  readonly #top: string;
  /** By site: what groups had counted that are gone. */
  readonly #gone = new Map<string, Refusals>();
  /** What the kernel cannot hold sites to here, and why: the end of a sentence. */
  readonly missing: string | undefined;

  /** `base` is Roadie's folder: two Roadies on one machine have groups of their own. */
  constructor(base: string, mounts = readMounts()) {
    const { trees, missing } = findTrees(mounts);
    this.#top = topGroup(base);
    const refused = this.#tryTrees(trees);
    this.#trees = refused === undefined ? trees : [];
    this.missing = refused ?? missing;
  }

  get available(): boolean {
    return this.#trees.length > 0;
  }

  /** Holds all of Roadie's sites together to caps. */
  boundAll(caps: Caps): void {
    for (const tree of this.#trees) this.#make(tree, [], caps);
  }

  /** Makes a site's group, and holds all that runs in it to caps. */
  bound(site: string, caps: Caps): void {
    for (const tree of this.#trees) this.#make(tree, [site], caps);
  }

  /** Makes a group for a process that is about to be started, with caps of its own. Undefined where it cannot be done. */
  make(site: string, service: string, caps: Caps = {}): ProcessGroup | undefined {
    if (!this.available) return undefined;
    made += 1;
    const name = `${service}.${process.pid}-${made}`;
    try {
      const joins = this.#trees.map((tree) => join(this.#make(tree, [site, name], caps), 'cgroup.procs'));
      return { name, joins };
    } catch {
      this.remove(site, name);
      return undefined;
    }
  }

  /** SIGKILL to all processes of a group. Nothing escapes by forking, since no fork succeeds any more. Answers how many there were. */
  kill(site: string, name: string): number {
    const killed = new Set<number>();
    for (const tree of this.#with('pids'))
      quietly(() => writeFileSync(this.#file(tree, [site, name], 'pids.max'), '0'));
    // Without the controller for processes a second look finds what was forked during the first.
    for (let more = true; more;) {
      more = false;
      for (const pid of this.members(site, name)) {
        more ||= !killed.has(pid);
        killed.add(pid);
        quietly(() => process.kill(pid, 'SIGKILL'));
      }
    }
    return killed.size;
  }

  /** All processes of a group. */
  members(site: string, name: string): readonly number[] {
    const lines = this.#trees.flatMap((tree) =>
      readOrNothing(this.#file(tree, [site, name], 'cgroup.procs')).split('\n'),
    );
    // A process of another pid namespace has the number 0.
    return [...new Set(lines.map(Number))].filter((pid) => pid > 0);
  }

  /** Removes a process's group, or a site's with all below it. False where processes are still in it. */
  remove(site: string, name?: string): boolean {
    const counted = name !== undefined && this.names(site).includes(name) ? this.refusals(site, name) : undefined;
    const removed = this.#trees.map((tree) => {
      if (name !== undefined) return removeFolder(this.#file(tree, [site, name]));
      for (const each of foldersIn(this.#file(tree, [site]))) removeFolder(this.#file(tree, [site, each]));
      return removeFolder(this.#file(tree, [site]));
    });
    if (removed.includes(false)) return false;
    const before = this.#gone.get(site) ?? { killed: 0, forks: 0 };
    if (counted) this.#gone.set(site, { killed: before.killed + counted.killed, forks: before.forks + counted.forks });
    return true;
  }

  /** Removes all groups that nobody is in. False where some are left: what was killed goes a moment later. */
  prune(): boolean {
    for (const site of this.sites()) this.remove(site);
    return !this.#trees.map((tree) => removeFolder(this.#file(tree, []))).includes(false);
  }

  /** The sites that have groups. */
  sites(): readonly string[] {
    return [...new Set(this.#trees.flatMap((tree) => foldersIn(this.#file(tree, []))))];
  }

  /** The groups below a site's. */
  names(site: string): readonly string[] {
    return [...new Set(this.#trees.flatMap((tree) => foldersIn(this.#file(tree, [site]))))];
  }

  /**
   * What the kernel has refused to a site, or to one group below it. Which group it counts in differs: for memory the site's on
   * version 2 and the process's on version 1, for forks the process's on most kernels. What a group has counted goes with it.
   */
  refusals(site: string, name?: string): Refusals {
    const second = this.#with('memory')[0]?.version === 2;
    const paths = name === undefined ? [[site], ...this.names(site).map((each) => [site, each])] : [[site, name]];
    const sum = (controller: Controller, file: string, word: string): number =>
      paths.reduce((total, path) => total + this.#count(controller, path, file, word), 0);
    const gone = (name === undefined ? this.#gone.get(site) : undefined) ?? { killed: 0, forks: 0 };
    const killed = second
      ? this.#count('memory', paths[0] ?? [site], 'memory.events', 'oom_kill')
      : sum('memory', 'memory.oom_control', 'oom_kill') + gone.killed;
    return { killed, forks: sum('pids', 'pids.events', 'max') + gone.forks };
  }

  /**
   * Lets a site have the processor only while nobody else wants it (kernels from 5.15 on), and then no more than a little of one
   * core; or all as before.
   */
  restrain(site: string, restrained: boolean): void {
    for (const tree of this.#with('cpu')) {
      quietly(() => writeFileSync(this.#file(tree, [site], 'cpu.idle'), restrained ? '1' : '0'));
      for (const [file, text] of quotaFiles(tree.version, restrained ? restrainedCores : undefined))
        quietly(() => writeFileSync(this.#file(tree, [site], file), text));
    }
  }

  /** How many processes and threads a process's group has now, a site's, or that of all sites. */
  size(site?: string, name?: string): number {
    return this.#now('pids', [site, name], () => 'pids.current');
  }

  /** Memory that a group uses now, in bytes. */
  memory(site: string, name?: string): number {
    return this.#now('memory', [site, name], ({ version }) =>
      version === 2 ? 'memory.current' : 'memory.usage_in_bytes',
    );
  }

  /** The number in a group's file; 0 where there is none. */
  #now(controller: Controller, path: readonly (string | undefined)[], file: (tree: Tree) => string): number {
    const tree = this.#with(controller)[0];
    if (!tree) return 0;
    const folders = path.filter((each) => each !== undefined);
    return Number(readOrNothing(this.#file(tree, folders, file(tree)))) || 0;
  }

  #count(controller: Controller, path: readonly string[], file: string, word: string): number {
    const tree = this.#with(controller)[0];
    const text = tree === undefined ? '' : readOrNothing(this.#file(tree, path, file));
    return Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  /** Makes the group of all sites. Answers why that cannot be: in many containers the group above holds processes. */
  #tryTrees(trees: readonly Tree[]): string | undefined {
    try {
      for (const tree of trees) this.#make(tree, [''], {});
      return undefined;
    } catch (error) {
      return `the kernel does not let it make control groups (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  #with(controller: Controller): readonly Tree[] {
    return this.#trees.filter(({ controllers }) => controllers.includes(controller));
  }

  #file(tree: Tree, path: readonly string[], ...rest: readonly string[]): string {
    return join(tree.path, this.#top, ...path, ...rest);
  }

  /** Makes a group with those above it, each of which passes the controllers on. Answers its folder. */
  #make(tree: Tree, path: readonly string[], caps: Caps): string {
    const folder = this.#file(tree, path);
    mkdirSync(folder, { recursive: true });
    if (tree.version === 2) {
      const words = tree.controllers.map((name) => `+${name}`).join(' ');
      // A group that passes controllers on may hold no processes: the last one does not.
      const above = path.map((_name, depth) => this.#file(tree, path.slice(0, depth)));
      for (const each of [tree.path, ...above]) writeFileSync(join(each, 'cgroup.subtree_control'), words);
    } else if (tree.controllers.includes('memory') && path.length < 2) {
      // Kernels before 5.11 count what is below a group only where they are told to.
      quietly(() => writeFileSync(join(folder, 'memory.use_hierarchy'), '1'));
    }
    for (const [file, value] of capFiles(tree, caps)) {
      // A kernel without swap accounting has no file for it, and it need not exist.
      if (file.includes('sw')) quietly(() => writeFileSync(join(folder, file), value));
      else writeFileSync(join(folder, file), value);
    }
    return folder;
  }
}

/** The files of a group that hold its caps, in the order in which they must be written. */
export function capFiles(
  tree: Pick<Tree, 'version' | 'controllers'>,
  caps: Caps,
): readonly (readonly [string, string])[] {
  const { memoryBytes, cpus, processes, weight } = caps;
  const has = (name: Controller): boolean => tree.controllers.includes(name);
  const two = tree.version === 2;
  const files: (readonly [string, string])[] = [];
  if (processes !== undefined && has('pids')) files.push(['pids.max', String(processes)]);
  if (memoryBytes !== undefined && has('memory')) {
    const swap = Math.round(memoryBytes * swapShare);
    if (two) files.push(['memory.max', String(memoryBytes)], ['memory.swap.max', String(swap)]);
    else
      files.push(
        // Neither may ever be above the other, whatever they were: the limit with swap goes out of the way first.
        ['memory.memsw.limit_in_bytes', '-1'],
        ['memory.limit_in_bytes', String(memoryBytes)],
        ['memory.memsw.limit_in_bytes', String(memoryBytes + swap)],
      );
  }
  if (cpus !== undefined && has('cpu')) files.push(...quotaFiles(tree.version, cpus));
  if (weight !== undefined && has('cpu'))
    files.push(two ? ['cpu.weight', String(weight)] : ['cpu.shares', String(Math.round((weight * 1024) / 100))]);
  return files;
}

/** The files that hold a group to so many cores, or to none in particular. */
function quotaFiles(version: Tree['version'], cpus: number | undefined): readonly (readonly [string, string])[] {
  const quota = cpus === undefined ? undefined : Math.max(1000, Math.round(cpus * cpuPeriod));
  return version === 2
    ? [['cpu.max', `${quota ?? 'max'} ${cpuPeriod}`]]
    : [
        ['cpu.cfs_period_us', String(cpuPeriod)],
        ['cpu.cfs_quota_us', String(quota ?? -1)],
      ];
}

/** The maker's pid of a group's name; undefined where the name is not one of ours. */
export function makerOf(name: string): number | undefined {
  const pid = /^.+\.(\d+)-\d+$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Whether whoever made a group still runs. */
export function hasMaker(name: string): boolean {
  const pid = makerOf(name);
  return pid !== undefined && look(pid) !== undefined;
}

/** The name of the group that all others are in. */
export function topGroup(base: string): string {
  return `roadie${baseMark(base)}`;
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

/** False where processes are still in it. */
function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function quietly(action: () => unknown): void {
  try {
    action();
  } catch {
    // It is gone already, or the kernel has no such file.
  }
}
