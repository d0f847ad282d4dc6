import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';

/** A TCP socket that listens. `uid` is the user who opened it. */
export type Listener = {
  /** As people write it: `0.0.0.0`, `::`, `192.0.2.1`. */
  readonly address: string;
  readonly port: number;
  readonly uid: number;
  readonly inode: string;
};

/** One of the processes that hold a socket: the one with the lowest pid, which mostly is the one that opened it. */
export type Holder = { readonly pid: number; readonly program: string };

/** Letters of a process's name that are told. */
const longestName = 60;

/** The state of a socket that listens, in the kernel's tables. */
const listening = '0A';

/**
 * The sockets of some users that listen on more than loopback, as far as this machine's own network goes. The kernel lists those that
 * listen before all others, so a machine with many connections makes this no slower.
 */
export function publicListeners(uids: ReadonlySet<number>): readonly Listener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((table) => parseListeners(head(table)))
    .filter(({ uid, address }) => uids.has(uid) && !isLoopback(address));
}

/** The lines of /proc/net/tcp or tcp6 (proc_pid_net(5)) up to the first that is not of a listening socket. */
export function parseListeners(table: string): readonly Listener[] {
  const found: Listener[] = [];
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', , state, , , , uid, , inode] = line.trim().split(/\s+/);
    if (state !== listening || inode === undefined) break;
    const [address = '', port = ''] = local.split(':');
    found.push({ address: addressOf(address), port: Number.parseInt(port, 16), uid: Number(uid), inode });
  }
  return found;
}

/** Whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  return /^127(?:\.\d+){3}$/.test(address) || address === '::1';
}

/** An address with its port as it stands in a URL. */
export function withPort({ address, port }: Pick<Listener, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Who holds these sockets, by inode, among the processes of some users. */
export function holdersOf(inodes: ReadonlySet<string>, uids: ReadonlySet<number>): ReadonlyMap<string, Holder> {
  const found = new Map<string, Holder>();
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  for (const pid of pids.toSorted((left, right) => left - right)) {
    if (found.size === inodes.size) break;
    for (const inode of socketsOf(pid, uids))
      if (inodes.has(inode) && !found.has(inode)) found.set(inode, { pid, program: programOf(pid) });
  }
  return found;
}

/** Inodes of a process's sockets; none where it is another user's, or has ended. */
function socketsOf(pid: number, uids: ReadonlySet<number>): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    if (!isOneOf(pid, uids)) return [];
    return readdirSync(folder).flatMap((name) => /^socket:\[(\d+)\]$/.exec(readLink(`${folder}/${name}`))?.[1] ?? []);
  } catch {
    return [];
  }
}

/** By its folder's owner; a process that has changed its identity has root's there, so its status counts then. */
function isOneOf(pid: number, uids: ReadonlySet<number>): boolean {
  const { uid } = statSync(`/proc/${pid}`);
  if (uid !== 0) return uids.has(uid);
  const [, real, effective] = /^Uid:\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return uids.has(Number(real)) || uids.has(Number(effective));
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed in the meantime
  }
}

/** What a process runs: of an interpreter its script. The words are the project's to choose, so no more than a name is told of them. */
function programOf(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const [program = '', script = ''] = words.map((word) => word.slice(word.lastIndexOf('/') + 1));
    const isInterpreter =
      /^(?:python|node|ruby|perl|php|bash|sh)[\d.]*$/.test(program) && words[1]?.startsWith('-') === false;
    const name = isInterpreter && script !== '' ? script : program;
    return (name || readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).slice(0, longestName);
  } catch {
    return 'a program that has ended';
  }
}

/** A table up to its first line of another kind. */
function head(table: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(table, 'r');
  } catch {
    return ''; // no IPv6 on this machine
  }
  try {
    const buffer = Buffer.alloc(64 * 1024);
    let text = '';
    for (;;) {
      const length = readSync(descriptor, buffer);
      text += buffer.toString('latin1', 0, length);
      if (length === 0 || !endsListening(text)) return text;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Whether more that listens may follow: the last whole line is the heading or listens. The kernel gives whole lines. */
function endsListening(text: string): boolean {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return /^\s*sl\b/.test(last) || last.trim().split(/\s+/, 4)[3] === listening;
}

/** Each 32-bit word is printed as a number of the machine: every architecture that Node runs on has the low byte first. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex.replaceAll(/(..)(..)(..)(..)/g, '$4$3$2$1'), 'hex');
  const dotted = [...bytes.subarray(-4)].join('.');
  if (bytes.length === 4) return dotted;
  // ::ffff:192.0.2.1 is an IPv4 address on a socket that can do both.
  if (bytes.subarray(0, 12).equals(mapped)) return dotted;
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  // The URL's parser shortens it as people write it.
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}

const mapped = Buffer.from('00000000000000000000ffff', 'hex');
