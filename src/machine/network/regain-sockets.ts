import { spawn } from 'node:child_process';

import type { SocketSpec } from '../../services/service.ts';
import { isAlive, type ProcessIdentity } from '../processes/processes.ts';
import { descriptorOf, tcpListeners, unixListeners } from './socket-tables.ts';
import { inodeAt, type ListeningSocket, regainedSocket, type ServerHandle } from './sockets.ts';

/** A listening socket that only a process of an earlier daemon still holds. `bound` for unix sockets: name and file's inode. */
export type HeldSocket = {
  readonly holder: ProcessIdentity;
  readonly spec: SocketSpec;
  readonly bound?: { readonly path: string; readonly inode: number };
};

/** Fetching takes some milliseconds for each socket; what takes longer is given up. */
const patienceMs = 5000;

/** sendmsg(2) has another number on each architecture; Perl knows none of them. pidfd_open and pidfd_getfd are 434 and 438 on all. */
const sendmsgNumbers: Readonly<Partial<Record<NodeJS.Architecture, number>>> = { x64: 46, arm64: 211, riscv64: 211 };

/**
 * Takes the descriptors out of the processes by pidfd_getfd(2) and sends each over Node's own channel between parent and
 * child, in the words that Node itself sends a handle with; it waits for the acknowledgement before the next. The last bytes
 * of each `pack` are the kernel's `msghdr`, `iovec` and `cmsghdr` of a 64-bit machine.
 */
const fetcher = `
use strict;
my ($sendmsg, @wanted) = @ARGV;
open(my $channel, '+<&=', $ENV{NODE_CHANNEL_FD}) or exit 3;
for my $index (0 .. $#wanted) {
  my ($pid, $number) = split /:/, $wanted[$index];
  my $process = syscall(434, int($pid), 0);
  next if $process < 0;
  my $fd = syscall(438, $process, int($number), 0);
  next if $fd < 0;
  my $text = '{"cmd":"NODE_HANDLE","type":"net.Native","msg":' . $index . "}\\n";
  my $part = pack('P Q', $text, length $text);
  my $rights = pack('Q l l l x4', 20, 1, 1, $fd);
  my $message = pack('Q L x4 P Q P Q l x4', 0, 0, $part, 1, $rights, length $rights, 0);
  syscall(int($sendmsg), fileno($channel), $message, 0) > 0 or exit 4;
  sysread($channel, my $answer, 4096) or exit 0;
}
`;

/**
 * Gets listening sockets back from living processes, as a second descriptor of the same socket, so that it outlives its holder
 * again. Answers them in order, undefined for each that cannot be had: the holder is gone, the kernel is older than 5.6, or it
 * forbids it (one needs root, or the same user and no restriction of ptrace). Never throws.
 */
export async function regainSockets(held: readonly HeldSocket[]): Promise<readonly (ListeningSocket | undefined)[]> {
  const wanted = held.flatMap((socket, index) => {
    const descriptor = descriptorOf(socket.holder.pid, inodesOf(socket));
    return descriptor === undefined ? [] : [{ index, from: `${socket.holder.pid}:${descriptor}` }];
  });
  const handles = await fetchHandles(wanted.map(({ from }) => from));
  const answer: (ListeningSocket | undefined)[] = held.map(() => undefined);
  for (const [position, handle] of handles) {
    const index = wanted[position]?.index ?? -1;
    const socket = held[index];
    // Still the same process: then it was that one and not another with its number that was asked.
    if (socket && isAlive(socket.holder)) answer[index] = regainedSocket(socket.spec, handle, socket.bound);
    else handle.close();
  }
  return answer;
}

/** What the kernel's tables say that it is: none where a unix socket is not in its place any more, since nobody could reach it. */
function inodesOf({ spec, bound }: HeldSocket): ReadonlySet<string> {
  if (spec.kind === 'tcp') return new Set(tcpListeners(spec.host, spec.port));
  return new Set(bound && inodeAt(spec.path) === bound.inode ? unixListeners(bound.path) : []);
}

function fetchHandles(from: readonly string[]): Promise<ReadonlyMap<number, ServerHandle>> {
  const handles = new Map<number, ServerHandle>();
  const sendmsg = sendmsgNumbers[process.arch];
  if (from.length === 0 || sendmsg === undefined) return Promise.resolve(handles);
  return new Promise((resolve) => {
    const child = spawn('/usr/bin/perl', ['-e', fetcher, String(sendmsg), ...from], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {},
      timeout: patienceMs,
    });
    child.on('message', (index: unknown, handle: unknown) => {
      if (typeof index === 'number' && isHandle(handle)) handles.set(index, handle);
    });
    child.once('error', () => resolve(handles));
    // The channel ends after the last message in it.
    child.once('close', () => resolve(handles));
  });
}

function isHandle(value: unknown): value is ServerHandle {
  return typeof value === 'object' && value !== null && 'fd' in value && typeof value.fd === 'number' && value.fd >= 0;
}
