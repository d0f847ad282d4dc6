/** What a machine has, for deciding how much a program may take of it. */
export type Machine = { readonly cores: number; readonly memoryBytes: number };

const mebibyte = 1024 * 1024;

/** Resident memory that one process of a middling Django project settles at. */
const processBytes = 150 * mebibyte;

/** Processes beyond this many only add database connections. */
const mostProcesses = 32;

/** Threads of each web process: enough to wait for a database in, few enough for Python's global lock. */
const standardThreads = 4;

/**
 * How many web processes to run: one more than cores (docs/decisions/0020), as far as half of the memory holds them (the other
 * half is the database's, the workers' and the kernel's, and a release overlaps the one before). At least 2, so that a worker
 * that is being replaced leaves another; at most 32.
 */
export function webProcesses(machine: Machine): number {
  return clamp(Math.min(machine.cores + 1, processesIn(machine.memoryBytes / 2)), 2, mostProcesses);
}

/** Threads of each web process. */
export function webThreads(): number {
  return standardThreads;
}

/** How many processes an asynchronous web server needs: each keeps one core busy. */
export function asynchronousProcesses(machine: Machine): number {
  return clamp(Math.min(machine.cores, processesIn(machine.memoryBytes / 2)), 1, mostProcesses);
}

/** How many processes a queue's worker may fork: one for each core, as far as a quarter of the memory holds them. */
export function queueProcesses(machine: Machine): number {
  return clamp(Math.min(machine.cores, processesIn(machine.memoryBytes / 4)), 1, mostProcesses);
}

/** Memory for PostgreSQL, from the whole of a machine that it shares with the site. MiB. */
export function databaseMemory(machine: Machine): {
  readonly sharedBuffers: number;
  readonly effectiveCacheSize: number;
  readonly workMem: number;
  readonly maintenanceWorkMem: number;
  readonly maxWalSize: number;
} {
  const memory = machine.memoryBytes / mebibyte;
  return {
    // An eighth, not the usual quarter: web processes and other sites live here too.
    sharedBuffers: powerOfTwo(clamp(memory / 8, 32, 2048)),
    effectiveCacheSize: powerOfTwo(clamp(memory / 2, 128, 65_536)),
    workMem: memory < 3072 ? 4 : 8,
    maintenanceWorkMem: powerOfTwo(clamp(memory / 32, 16, 512)),
    maxWalSize: memory < 3072 ? 512 : 1024,
  };
}

/** MariaDB's cache of pages, an eighth of a machine that it shares with the site. MiB. */
export function bufferPool(machine: Machine): number {
  return powerOfTwo(clamp(machine.memoryBytes / mebibyte / 8, 64, 4096));
}

/**
 * How many connections a database server allows: every web thread may hold one, twice while two releases overlap, and some for
 * workers, the shell and backups. At least PostgreSQL's own 100.
 */
export function databaseConnections(machine: Machine): number {
  return Math.max(100, 2 * webProcesses(machine) * webThreads() + 2 * queueProcesses(machine) + 40);
}

/** Redis' limit, an eighth of the memory. MiB. */
export function storeMemory(machine: Machine): number {
  return powerOfTwo(clamp(machine.memoryBytes / mebibyte / 8, 64, 2048));
}

function processesIn(bytes: number): number {
  return Math.floor(bytes / processBytes);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

/** The power of two at or below a number: figures that people recognize, the same on machines that differ by a few pages. */
function powerOfTwo(value: number): number {
  return 2 ** Math.floor(Math.log2(value));
}
