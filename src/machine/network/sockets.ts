import { spawnSync } from 'node:child_process';
import { lchownSync, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import net from 'node:net';

import { type Problem, ProblemError } from '../../problems/problem.ts';
import type { SocketSpec } from '../../services/service.ts';
import { isMissing } from '../files/files.ts';
import { portHolder } from './socket-tables.ts';

/** Connections that may wait in a socket while no process accepts; the kernel's `somaxconn` (4096) is the upper bound. */
const backlog = 2048;

/** The kernel's limit for a unix socket's path, without the closing NUL. */
const longestPath = 107;

/** A socket that listens and that this process never accepts on: it is handed to children by its descriptor. */
export type ListeningSocket = {
  readonly spec: SocketSpec;
  readonly fd: number;
  /** Unix only: the name that it was bound to, which the kernel knows it by for good, and the file's inode. */
  readonly bound?: { readonly path: string; readonly inode: number };
  /** Unix only: puts it in its place with one rename. Whoever connects from now on reaches this socket. */
  goLive(): void;
  /** Unix only: gives a socket that stands in its place its own name again besides, so that it can come back after another took the place. */
  keepName(): void;
  /** Gives the descriptor back. Children keep theirs; a file in its place stays. */
  close(): void;
};

/** Node's own handle of a bound socket, without a server around it. */
export type ServerHandle = { readonly fd: number; close(): void; getsockname(into: { port?: number }): number };

/**
 * Opens a listening socket. A unix socket gets a name of its own beside its place, with its mode and owner set before
 * anyone can see it, and waits for `goLive`. Throws `port-taken` with the holder, `root-needed`, or `service-failed`.
 */
export function openSocket(spec: SocketSpec): ListeningSocket {
  return spec.kind === 'unix' ? openUnix(spec) : openTcp(spec);
}

function openUnix(spec: Extract<SocketSpec, { kind: 'unix' }>): ListeningSocket {
  const path = `${spec.path}.${Math.floor(Math.random() * 36 ** 5).toString(36)}`;
  if (Buffer.byteLength(path) > longestPath)
    throw cannotOpen(spec.path, `its path is longer than the ${longestPath - 6} bytes that a unix socket may have`);
  // The mode comes from the umask and not from chmod, which would follow a link that someone put there in between.
  const umask = process.umask(0o777 & ~spec.mode);
  const handle = createHandle(path, -1, -1);
  process.umask(umask);
  if (typeof handle === 'number') throw cannotOpen(spec.path, errorName(handle));
  try {
    if (spec.uid !== undefined || spec.gid !== undefined) lchownSync(path, spec.uid ?? -1, spec.gid ?? -1);
    listen(handle.fd, spec.path);
    const bound = { path, inode: lstatSync(path).ino };
    return {
      spec,
      fd: handle.fd,
      bound,
      goLive: () => renameSync(path, spec.path),
      keepName: () => link(spec.path, bound),
      close: () => closeUnix(handle, path),
    };
  } catch (error) {
    closeUnix(handle, path);
    throw error;
  }
}

function openTcp(spec: Extract<SocketSpec, { kind: 'tcp' }>): ListeningSocket {
  // An IPv6 socket takes IPv6 alone, so that 0.0.0.0 and :: can be had side by side.
  const ipv6 = net.isIPv6(spec.host);
  const handle = createHandle(spec.host, spec.port, ipv6 ? 6 : 4, ipv6 ? 1 : 0);
  if (typeof handle === 'number') throw tcpProblem(spec.host, spec.port, errorName(handle));
  // A taken port is not told at the binding but kept back for Node's own listening: the socket is left without a port.
  const name: { port?: number } = {};
  if (handle.getsockname(name) !== 0 || name.port !== spec.port) {
    handle.close();
    throw tcpProblem(spec.host, spec.port, 'EADDRINUSE');
  }
  try {
    listen(handle.fd, `${spec.host}:${spec.port}`);
  } catch (error) {
    handle.close();
    // With SO_REUSEADDR it is the listening that fails, not the binding.
    throw portHolder(spec.port) ? tcpProblem(spec.host, spec.port, 'EADDRINUSE') : error;
  }
  return { spec, fd: handle.fd, goLive: () => undefined, keepName: () => undefined, close: () => handle.close() };
}

/**
 * A socket that another process has held meanwhile, as `openSocket` would answer it. A unix socket stands in its place; what is
 * left of its own name goes with it.
 */
export function regainedSocket(
  spec: SocketSpec,
  handle: ServerHandle,
  bound: ListeningSocket['bound'],
): ListeningSocket {
  if (spec.kind === 'tcp' || !bound)
    return { spec, fd: handle.fd, goLive: () => undefined, keepName: () => undefined, close: () => handle.close() };
  return {
    spec,
    fd: handle.fd,
    bound,
    goLive: () => renameSync(bound.path, spec.path),
    keepName: () => link(spec.path, bound),
    close: () => closeUnix(handle, bound.path),
  };
}

/**
 * A bound socket without a server around it, by the call that Node's own `cluster` uses. The only place that knows it.
 * Answers a negative errno where it fails.
 */
function createHandle(address: string, port: number, family: 4 | 6 | -1, flags = 0): ServerHandle | number {
  const create: unknown = Reflect.get(net, '_createServerHandle');
  if (typeof create !== 'function') throw new Error('This Node has no net._createServerHandle; use the pinned one');
  return create(address, port, family, undefined, flags) as ServerHandle | number;
}

/**
 * listen(2) on a descriptor. Node's own listening also accepts, and that would take the children's connections; so another
 * process does it on the shared socket: Perl, which every Debian has. Where there is none, the child listens itself, as
 * most servers do.
 */
function listen(fd: number, name: string): void {
  const script = 'open(my $s, "+<&=", 3) or exit 3; listen($s, $ARGV[0]) or do { print STDERR "$!"; exit 4 }';
  const answer = spawnSync('/usr/bin/perl', ['-e', script, String(backlog)], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    env: {},
    timeout: 10_000,
  });
  if (answer.error && isMissing(answer.error)) return;
  if (answer.status !== 0)
    throw cannotOpen(name, answer.stderr?.toString() || String(answer.error ?? 'listening failed'));
}

function link(from: string, to: NonNullable<ListeningSocket['bound']>): void {
  if (inodeAt(from) === to.inode && inodeAt(to.path) === undefined) linkSync(from, to.path);
}

function closeUnix(handle: ServerHandle, path: string): void {
  // Node removes the file of a socket that it closes by the name it was bound to; that name is gone once it is live.
  handle.close();
  removeSocketFile(path);
}

/** Removes a socket's file, where there is one. */
export function removeSocketFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The inode of what stands at a path, undefined where nothing does: tells which of several sockets is the live one. */
export function inodeAt(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

function tcpProblem(host: string, port: number, error: string): ProblemError {
  if (error === 'EACCES') {
    return new ProblemError({
      code: 'root-needed',
      summary: `Only root may listen on port ${port}`,
      cure: ['Run Roadie as root.', 'Or use ports from 1024 on: `--http-port 8080 --https-port 8443`.'],
    });
  }
  if (error !== 'EADDRINUSE') return cannotOpen(`${host}:${port}`, error);
  return new ProblemError(portTaken(port, portHolder(port)));
}

/** The problem `port-taken`: by whom, as far as that can be seen. */
export function portTaken(port: number, holder: ReturnType<typeof portHolder>): Problem {
  const who = holder ? `${holder.command}${holder.pid === undefined ? '' : ` (pid ${holder.pid})`}` : 'another program';
  return {
    code: 'port-taken',
    summary: `Port ${port} is taken by ${who}`,
    cure: ['Stop that program, or use another port: `--http-port`, `--https-port`.', `$ ss -ltnp 'sport = :${port}'`],
  };
}

function cannotOpen(name: string, reason: string): ProblemError {
  return new ProblemError({
    code: 'service-failed',
    summary: `The socket ${name} cannot be opened: ${reason}`,
    cure: ['Look at the folder that the socket lies in, and at its owner.', '$ roadie up'],
  });
}

function errorName(errno: number): string {
  const names: Readonly<Record<number, string>> = {
    [-98]: 'EADDRINUSE',
    [-13]: 'EACCES',
    [-2]: 'ENOENT',
    [-99]: 'EADDRNOTAVAIL',
    [-24]: 'EMFILE',
  };
  return names[errno] ?? `error ${-errno}`;
}
