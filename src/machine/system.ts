import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

import { failed, ok, type Problem, type Result } from '../problems/problem.ts';
import { exists, readText } from './files/files.ts';

/** What Roadie decides from about the machine as a whole. */
export type System = {
  /** `ID` of os-release: `debian`, `ubuntu` … */
  readonly id: string;
  /** `VERSION_ID`: `12`, `24.04`; '' for Debian's testing. */
  readonly version: string;
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** `ID` and `ID_LIKE` together. */
  readonly families: readonly string[];
  /** What this process may use: a container's limit counts. At least 1. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly isRoot: boolean;
  /** Whether systemd runs as the first process. */
  readonly systemd: boolean;
  /** Whether the kernel speaks IPv6: where not, `::` cannot be listened on. */
  readonly ipv6: boolean;
};

/** Reads all of it; a few small files, no commands. */
export async function readSystem(): Promise<System> {
  const [release, systemd, cores, ipv6] = await Promise.all([
    readText('/etc/os-release'),
    exists('/run/systemd/system'),
    usableCores(),
    exists('/proc/net/if_inet6'),
  ]);
  const limit = process.constrainedMemory();
  const memoryBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { ...parseOsRelease(release ?? ''), cores, memoryBytes, isRoot: isRoot(), systemd, ipv6 };
}

/** Whether this process may do everything. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The first port on which everybody may listen: 1024, unless the machine's owner has set another. */
export async function unprivilegedPorts(): Promise<number> {
  const text = await readText('/proc/sys/net/ipv4/ip_unprivileged_port_start');
  return text === undefined ? 1024 : Number(text.trim());
}

/** Reads os-release(5). */
export function parseOsRelease(text: string): Pick<System, 'id' | 'version' | 'name' | 'families'> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(.*)$/.exec(line.trim());
    if (match?.[1] && match[2] !== undefined) values.set(match[1], match[2].replace(/^(["'])(.*)\1$/, '$2'));
  }
  const id = values.get('ID') ?? 'linux';
  const families = [id, ...(values.get('ID_LIKE') ?? '').split(/\s+/)].filter((word) => word !== '');
  return { id, version: values.get('VERSION_ID') ?? '', name: values.get('PRETTY_NAME') ?? id, families };
}

/** Debian, Ubuntu and what is made from them pass: packages come from apt. */
export function requireSupported(system: System): Result<System> {
  if (system.families.includes('debian') || system.families.includes('ubuntu')) return ok(system);
  const problem: Problem = {
    code: 'system-unsupported',
    summary: `This machine runs ${system.name}; Roadie supports Debian 12 or newer, Ubuntu 22.04 or newer, and what is made from them`,
    where: { file: '/etc/os-release' },
    cure: ['Use a machine with Debian or Ubuntu.'],
  };
  return failed(problem);
}

/** Cores this process may use: affinity and the limits of every control group above it, rounded up. */
export async function usableCores(): Promise<number> {
  const affinity = availableParallelism();
  const own = (await readText('/proc/self/cgroup')) ?? '';
  const limits = await Promise.all(cpuLimitFiles(own).map(async (file) => coresOfLimit(await readQuietly(file))));
  return Math.max(1, Math.min(affinity, ...limits.map((limit) => Math.ceil(limit))));
}

/** The files that may limit the processor for a /proc/self/cgroup: version 2's for each level, version 1's for the mount as seen from inside. */
export function cpuLimitFiles(cgroup: string): readonly string[] {
  const path = /^0::(\/.*)$/m.exec(cgroup)?.[1];
  const files = ['/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'];
  const parts = (path ?? '/').split('/').filter((part) => part !== '' && part !== '..');
  for (let depth = 1; depth <= parts.length; depth += 1)
    files.push(join('/sys/fs/cgroup', ...parts.slice(0, depth), 'cpu.max'));
  return files;
}

/** `200000 100000` is 2 cores, `max 100000` no limit; version 1's lone number counts against its usual period of 100 ms. */
export function coresOfLimit(text: string | undefined): number {
  const match = /^(\d+)(?:\s+(\d+))?\s*$/.exec(text ?? '');
  if (!match?.[1]) return Number.POSITIVE_INFINITY;
  return Number(match[1]) / Number(match[2] ?? 100_000);
}

async function readQuietly(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Some limits may not be read in a container; they are then not ours to keep.
    return undefined;
  }
}
