import { databaseConnections, type Machine, webProcesses, webThreads } from './capacity.ts';
import type { Sandbox, SiteBounds } from './place.ts';

/** The config's `[limits]` and `[sandbox]`, and the threads of the web server that they must leave room for. */
export type BoundsWishes = {
  readonly memoryMb?: number;
  readonly buildMemoryMb?: number;
  readonly processes?: number;
  readonly openFiles?: number;
  readonly sandbox?: {
    readonly enabled?: boolean;
    readonly writable?: readonly string[];
    readonly readable?: readonly string[];
  };
  readonly webThreads?: number;
};

/** Limits, and the owner's own folders that the sandbox lets the site reach; absent where it has none. */
export type Bounds = Omit<SiteBounds, 'sandbox'> & { readonly sandbox?: Pick<Sandbox, 'readable' | 'writable'> };

const mebibyte = 1024 * 1024;

/** Of the machine's memory, what one site may use, and all sites together; the rest is the system's, the edge's and the daemon's. */
const siteShare = 0.7;
const allShare = 0.85;

/** Of the machine's memory, what a build may use: it goes before anything that serves does. */
const buildShare = 0.5;

/** Processes and threads besides those of the web server and the database: workers, a build, commands. */
const otherProcesses = 320;

/** Files and sockets that each process may have open: far more than a web server with threads needs. */
const standardOpenFiles = 8192;

/**
 * What one site may take of a machine: enough for all that Roadie itself starts, twice, since releases overlap, and too little to
 * take the machine from the others.
 */
export function siteBounds(machine: Machine, wishes: BoundsWishes = {}): Bounds {
  const memoryBytes =
    wishes.memoryMb === undefined ? megabytes(machine.memoryBytes * siteShare) : wishes.memoryMb * mebibyte;
  const buildMemoryBytes =
    wishes.buildMemoryMb === undefined
      ? Math.min(memoryBytes, megabytes(machine.memoryBytes * buildShare))
      : wishes.buildMemoryMb * mebibyte;
  const web = Math.max(wishes.webThreads ?? 0, webProcesses(machine) * webThreads());
  const needed = otherProcesses + databaseConnections(machine) + 4 * web;
  const { enabled = true, writable = [], readable = [] } = wishes.sandbox ?? {};
  return {
    processes: wishes.processes ?? Math.ceil(needed / 64) * 64,
    memoryBytes,
    buildMemoryBytes,
    openFiles: wishes.openFiles ?? standardOpenFiles,
    ...(enabled && { sandbox: { writable, readable } }),
  };
}

/** Share of the processor of all sites together, beside each other program of the machine with 100. */
export const weightOfAllSites = 400;

/** What all sites of a machine may use of its memory together: two that overflow must not take the rest. */
export function memoryOfAllSites(memoryBytes: number): number {
  return megabytes(memoryBytes * allShare);
}

/** For people: what a site is held to, and what that comes from. */
export function explainBounds(bounds: Bounds, machine: Machine): string {
  const gigabytes = (bytes: number): string =>
    bytes < 1024 * mebibyte ? `${Math.round(bytes / mebibyte)} MB` : `${(bytes / mebibyte / 1024).toFixed(1)} GB`;
  const limits = `at most ${bounds.processes} processes and ${gigabytes(bounds.memoryBytes)} of memory together (a build ${gigabytes(bounds.buildMemoryBytes)}), from this machine's ${gigabytes(machine.memoryBytes)}; ${bounds.openFiles} open files each`;
  const reach = bounds.sandbox?.writable ?? [];
  const view =
    bounds.sandbox === undefined
      ? 'without a sandbox: its programs see the whole machine'
      : reach.length === 0
        ? 'its programs see and change nothing of the machine but their own'
        : `its programs also write in ${reach.join(', ')}`;
  return `Limits: ${limits}; ${view}`;
}

/** Whole megabytes, so that machines that differ by a few pages get the same. */
function megabytes(bytes: number): number {
  return Math.floor(bytes / mebibyte) * mebibyte;
}
