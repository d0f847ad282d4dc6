import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

import type { ServiceSpec } from '../../services/service.ts';
import { asUser } from './as-user.ts';
import { systemClock } from '../clock.ts';
import type { Confined, Confiner } from '../bounds/confiner.ts';

/** A process that cannot be mistaken for another that gets its pid later: with its start in clock ticks since boot. */
export type ProcessIdentity = { readonly pid: number; readonly startTime: number };

export type ServiceProcess = Pick<
  ServiceSpec,
  'command' | 'directory' | 'environment' | 'user' | 'passing' | 'nice' | 'openFiles' | 'view'
> & {
  /** What confines it, where it has a user. */
  readonly confiner?: Confiner | undefined;
  /** The files to join its control groups by. */
  readonly joins?: readonly string[];
  readonly oomScore?: number;
  /** Descriptor of the log, open for appending. */
  readonly log: number;
  /** Descriptors of the listening sockets, in order. The child has them from 3 on. */
  readonly sockets: readonly number[];
};

export type SpawnNews = {
  /** The process has ended, told as a sentence's end: `ended with code 1`. */
  readonly exited: (reason: string) => void;
  /** There never was a process. */
  readonly failed: (reason: string) => void;
};

/**
 * Starts a service in a session of its own, with its output straight to the log: it lives on when this process ends.
 * Answers its identity, or undefined where `failed` will say why. Nothing is awaited: a crashed service is back within
 * the time that the kernel needs.
 */
export function spawnService(service: ServiceProcess, news: SpawnNews): ProcessIdentity | undefined {
  const {
    command: [program, ...rest],
    environment,
    directory,
  } = confined(service);
  const child = spawn(program, rest, {
    cwd: directory,
    env: { ...environment },
    detached: true,
    stdio: ['ignore', service.log, service.log, ...service.sockets],
  });
  child.once('error', (error) => child.pid === undefined && news.failed(error.message));
  child.once('exit', (code, signal) => news.exited(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  // It must not keep a daemon alive that wants to end.
  child.unref();
  if (child.pid === undefined) return undefined;
  if (service.nice !== undefined) renice(child.pid, service.nice);
  return { pid: child.pid, startTime: look(child.pid)?.startTime ?? 0 };
}

function confined(service: ServiceProcess): Confined {
  const { user, directory, confiner, view, joins, oomScore } = service;
  const spawned = { command: commandLine(service), environment: environmentOf(service) };
  if (!user || !confiner) return { ...asUser(user, spawned), directory };
  return confiner.command(spawned, {
    user,
    directory,
    view,
    ...(joins && { joins }),
    ...(oomScore !== undefined && { oomScore }),
  });
}

/**
 * The argv that becomes the service. A shell goes first only where something must be said from inside the child:
 * LISTEN_PID is the child's own pid, which only it knows, and limits are inherited. It replaces itself by exec.
 */
export function commandLine(
  service: Pick<ServiceProcess, 'command' | 'passing' | 'openFiles'>,
): readonly [string, ...string[]] {
  const before = [
    // As many as are wanted, or as many as there may be.
    ...(service.openFiles === undefined
      ? []
      : [`ulimit -n ${service.openFiles} 2>/dev/null || ulimit -n "$(ulimit -Hn)"`]),
    ...(service.passing === 'listen-fds' ? ['export LISTEN_PID=$$'] : []),
  ];
  if (before.length === 0) return service.command;
  // The shell adds PWD to an environment that is meant to be exact.
  return ['/bin/sh', '-c', [...before, 'unset PWD', 'exec "$@"'].join('; '), 'sh', ...service.command];
}

function environmentOf(service: ServiceProcess): Readonly<Record<string, string>> {
  const count = service.sockets.length;
  if (service.passing === 'listen-fds') return { ...service.environment, LISTEN_FDS: String(count) };
  if (service.passing === 'nginx' && count > 0)
    return { ...service.environment, NGINX: service.sockets.map((_fd, index) => `${index + 3};`).join('') };
  return { ...service.environment };
}

/**
 * When memory runs out, the kernel ends this process and those that it starts before any service: a build can be repeated.
 * Source: proc_pid_oom_score_adj(5); everybody may raise it.
 */
export function endFirstWhenMemoryIsShort(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '800');
  } catch {
    // Then it stands with all others.
  }
}

function renice(pid: number, nice: number): void {
  try {
    setPriority(pid, nice);
  } catch {
    // It has already ended, or only root may lower it: the service is worth more than its priority.
  }
}

/** What /proc says about a process; undefined where there is none. Source: proc_pid_stat(5). */
export function look(pid: number):
  | {
      readonly startTime: number;
      readonly group: number;
      readonly session: number;
      readonly parent: number;
      readonly dead: boolean;
      /** Held by SIGSTOP; a debugger's hold is not meant. */
      readonly stopped: boolean;
      readonly ticks: number;
    }
  | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name can hold anything, spaces and parentheses too; the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    startTime: field(22),
    parent: field(4),
    group: field(5),
    session: field(6),
    // Where the first thread of several has ended, the process looks like a zombie, and holds all that it had.
    dead: (fields[0] === 'Z' || fields[0] === 'X') && field(20) <= 1,
    stopped: fields[0] === 'T',
    ticks: field(14) + field(15),
  };
}

/** Whether that very process still runs. A zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const found = look(identity.pid);
  return found !== undefined && !found.dead && found.startTime === identity.startTime;
}

/** Clock ticks in a second: USER_HZ is 100 on every Linux architecture that Debian has. */
export const ticksPerSecond = 100;

/** CPU time that a process and its direct children have used, in clock ticks. */
export function familyTicks(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + (look(each)?.ticks ?? 0), 0);
}

/** Whether SIGSTOP holds a process, or all of its children: then nobody works. */
export function isStopped(pid: number): boolean {
  if (look(pid)?.stopped) return true;
  const children = childrenOf(pid);
  return children.length > 0 && children.every((child) => look(child)?.stopped === true);
}

/** Direct children of a process's main thread, which is the one that forks workers. Source: proc_tid_children(5). */
function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended
  }
}

/** Sends a signal to one process. False where it is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A signal to a process group: a service's main process and all that stayed in its group. False where nobody is left. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  // 0 and 1 would mean our own group and everybody.
  return group > 1 && signalProcess(-group, signal);
}

/**
 * SIGKILL to those of a group whose main process is gone. A living process that has the group's number is a stranger that got
 * it later: then nobody of ours is left.
 */
export function killOrphans(group: number): boolean {
  return look(group)?.dead !== false && killGroup(group);
}

/**
 * SIGKILL to a service's processes: to its group, and to those of its session that lead groups of their own, as RQ's work horses do.
 * False where nobody is left.
 */
export function killGroup(group: number): boolean {
  const killed = signalGroup(group, 'SIGKILL');
  if (group <= 1) return killed;
  const apart = [...allProcesses()].flatMap(([pid, { session }]) => (session === group && pid !== group ? [pid] : []));
  return apart.map((pid) => signalProcess(pid, 'SIGKILL')).includes(true) || killed;
}

/**
 * What is left of the group and session of a main process that is gone. As above, one that lives and has their number is a stranger.
 */
export function orphansOf(group: number): readonly number[] {
  if (group <= 1 || look(group)?.dead === false) return [];
  return [...allProcesses()].flatMap(([pid, seen]) => (seen.group === group || seen.session === group ? [pid] : []));
}

/** All processes, by pid. */
export function allProcesses(): Map<number, NonNullable<ReturnType<typeof look>>> {
  const found = new Map<number, NonNullable<ReturnType<typeof look>>>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const seen = Number.isInteger(pid) ? look(pid) : undefined;
    if (seen && !seen.dead) found.set(pid, seen);
  }
  return found;
}

/** A process and all below it, and those that are left of its session. */
export function processTree(
  root: number,
  all: ReadonlyMap<number, { readonly parent: number; readonly session: number }> = allProcesses(),
): readonly number[] {
  const tree = new Set([root]);
  for (const [pid, seen] of all) if (seen.session === root) tree.add(pid);
  // Children can come before their parents in the list: until nothing is added.
  for (let before = 0; before !== tree.size;) {
    before = tree.size;
    for (const [pid, seen] of all) if (tree.has(seen.parent)) tree.add(pid);
  }
  return [...tree].filter((pid) => all.has(pid));
}

/** This boot's name: pids and start times mean nothing in another. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Watches processes that are not our children, whose end nobody tells us. One timer for all, none where there is none to watch. */
export class DeathWatch {
  readonly #watched = new Map<object, { readonly identity: ProcessIdentity; readonly died: () => void }>();
  readonly #intervalMs: number;
  #cancel: (() => void) | undefined;

  constructor(intervalMs = 150) {
    this.#intervalMs = intervalMs;
  }

  /** Calls back once when that process is gone. The answer ends the watch. */
  watch(identity: ProcessIdentity, died: () => void): () => void {
    const key = {};
    this.#watched.set(key, { identity, died });
    this.#cancel ??= systemClock.after(this.#intervalMs, () => this.#look());
    return () => this.#watched.delete(key);
  }

  #look(): void {
    this.#cancel = undefined;
    for (const [key, { identity, died }] of this.#watched) {
      if (isAlive(identity)) continue;
      this.#watched.delete(key);
      died();
    }
    if (this.#watched.size > 0) this.#cancel ??= systemClock.after(this.#intervalMs, () => this.#look());
  }

  close(): void {
    this.#watched.clear();
    this.#cancel?.();
  }
}
