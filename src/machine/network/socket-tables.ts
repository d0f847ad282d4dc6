import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv6 } from 'node:net';

/**
 * How many connections wait in a unix socket's accept queue. `bound` is the name that the socket was bound to, whatever its
 * file is called since. Source: /proc/net/unix, where a connection that nobody has accepted has state 02 (connecting) and
 * the listener's name.
 */
export function queueLength(bound: string): number {
  let waiting = 0;
  for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
    if (line.endsWith(` ${bound}`) && line.split(/\s+/, 6)[5] === '02') waiting += 1;
  }
  return waiting;
}

/** Inodes of the unix sockets that listen under this name. Source: /proc/net/unix, where flag 00010000 is a listening socket. */
export function unixListeners(bound: string): readonly string[] {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, , , flags, , , inode, ...name] = line.trim().split(/\s+/);
      return flags === '00010000' && inode !== undefined && name.join(' ') === bound ? [inode] : [];
    });
}

/** Inodes of the TCP sockets that listen on this address and port. Source: /proc/net/tcp and tcp6, addresses in the machine's byte order. */
export function tcpListeners(host: string, port: number): readonly string[] {
  return isIPv6(host)
    ? listeners('/proc/net/tcp6', port).flatMap(({ address, inode }) => (address === hexOfIpv6(host) ? [inode] : []))
    : listeners('/proc/net/tcp', port).flatMap(({ address, inode }) => (address === hexOfIpv4(host) ? [inode] : []));
}

/** Somebody who listens; without a pid where it is another user's program and we are not root. */
type Holder = { readonly pid: number | undefined; readonly command: string };

/** Who listens on a TCP port, as far as this user may see. Source: /proc/net/tcp and tcp6, and each process's descriptors. */
export function portHolder(port: number): Holder | undefined {
  return holderOf(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port).map(({ inode }) => inode)),
  );
}

/** Who listens under an abstract name, given without its NUL. Anybody on the machine can take one that is free. */
export function abstractHolder(name: string): Holder | undefined {
  return holderOf(unixListeners(`@${name}`));
}

function holderOf(found: readonly string[]): Holder | undefined {
  if (found.length === 0) return undefined;
  const inodes = new Set(found);
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || descriptorOf(Number(pid), inodes) === undefined) continue;
    try {
      return { pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() };
    } catch {
      // It has just ended.
    }
  }
  return { pid: undefined, command: 'a program of another user' };
}

/** The number that a process has one of these sockets under. Undefined where it has none, has ended, or is another user's. */
export function descriptorOf(pid: number, inodes: ReadonlySet<string>): number | undefined {
  try {
    const descriptor = readdirSync(`/proc/${pid}/fd`).find((name) =>
      inodes.has(/^socket:\[(\d+)\]$/.exec(readlinkOrNothing(`/proc/${pid}/fd/${name}`))?.[1] ?? ''),
    );
    return descriptor === undefined ? undefined : Number(descriptor);
  } catch {
    return undefined;
  }
}

function listeners(table: string, port: number): readonly { readonly address: string; readonly inode: string }[] {
  let text: string;
  try {
    text = readFileSync(table, 'utf8');
  } catch {
    return []; // no IPv6 on this machine
  }
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const [address, localPort] = local?.split(':') ?? [];
      return state === '0A' &&
        address !== undefined &&
        inode !== undefined &&
        Number.parseInt(localPort ?? '', 16) === port
        ? [{ address, inode }]
        : [];
    });
}

function hexOfIpv4(host: string): string {
  return swapped(
    host
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join(''),
  );
}

function hexOfIpv6(host: string): string {
  // The URL's parser writes every address the same way, and shortens it once at most.
  const [before = '', after] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [words(before), words(after ?? '')];
  const zeros = after === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return swapped([...left, ...zeros, ...right].map((word) => word.padStart(4, '0')).join(''));
}

/** Each 32-bit word is printed as a number of the machine: every architecture that Node runs on has the low byte first. */
function swapped(hex: string): string {
  return hex.replaceAll(/(..)(..)(..)(..)/g, '$4$3$2$1').toUpperCase();
}

function readlinkOrNothing(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed in the meantime
  }
}
