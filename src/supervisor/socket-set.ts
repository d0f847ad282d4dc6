import { inodeAt, type ListeningSocket, openSocket, removeSocketFile } from '../machine/network/sockets.ts';
import type { ProcessRecord } from '../machine/processes/process-records.ts';
import type { SocketSpec } from '../services/service.ts';

type Bound = ProcessRecord['sockets'][number];

/**
 * The listening sockets of one service, open in the daemon for as long as the service is wanted, so that connections wait
 * while no process accepts them.
 */
export class SocketSet {
  readonly #open = new Map<string, ListeningSocket>();
  /** Sockets that only a process of an earlier daemon still holds. */
  #foreign: readonly Bound[] = [];
  #live: boolean;

  /** `live`: new sockets take their places at once. Otherwise they wait for `goLive` under names of their own. */
  constructor(live: boolean) {
    this.#live = live;
  }

  /** Takes note of sockets that cannot be had back: a process of an earlier daemon holds them. */
  adopt(sockets: readonly Bound[]): void {
    this.#foreign = sockets;
  }

  /** Takes sockets that were had back after all; the others of those adopted stay lost. */
  regain(sockets: readonly ListeningSocket[]): void {
    for (const socket of sockets) this.#open.set(key(socket.spec), socket);
    this.#foreign = this.#foreign.filter(({ path }) => !this.bound().some((own) => own.path === path));
  }

  /** Whether all these are open here, so that a process can be given them. */
  has(specs: readonly SocketSpec[]): boolean {
    return specs.every((spec) => this.#open.has(key(spec)));
  }

  /** Opens what is missing and closes what is no longer wanted. Throws as `openSocket` does. */
  ensure(specs: readonly SocketSpec[]): void {
    const wanted = new Set(specs.map(key));
    for (const [name, socket] of this.#open) {
      if (wanted.has(name)) continue;
      this.#remove(socket);
      this.#open.delete(name);
    }
    this.#foreign = [];
    for (const spec of specs) {
      if (this.#open.has(key(spec))) continue;
      const socket = openSocket(spec);
      this.#open.set(key(spec), socket);
      if (this.#live) socket.goLive();
    }
  }

  /** Descriptors in the order of the specs. */
  descriptors(specs: readonly SocketSpec[]): readonly number[] {
    return specs.flatMap((spec) => this.#open.get(key(spec))?.fd ?? []);
  }

  /** Puts all unix sockets in their places: from now on new connections come here. */
  goLive(): void {
    this.#live = true;
    for (const socket of this.#open.values()) socket.goLive();
  }

  /** Prepares all for coming back by `goLive` after others have taken their places. */
  keepNames(): void {
    for (const socket of this.#open.values()) socket.keepName();
  }

  /** Where a unix socket can be reached now, by its place. */
  reachable(path: string): string {
    if (this.#live) return path;
    return this.bound().find((socket) => socket.path === path)?.bound ?? path;
  }

  bound(): readonly Bound[] {
    const own = [...this.#open.values()].flatMap((socket) =>
      socket.spec.kind === 'unix' && socket.bound
        ? [{ path: socket.spec.path, bound: socket.bound.path, inode: socket.bound.inode }]
        : [],
    );
    return own.length > 0 ? own : this.#foreign;
  }

  /** Closes all. A file goes too where it is still this socket's: whoever has taken the place keeps it. */
  close(): void {
    for (const socket of this.#open.values()) this.#remove(socket);
    for (const { path, inode } of this.#foreign) if (inodeAt(path) === inode) removeSocketFile(path);
    this.#open.clear();
    this.#foreign = [];
  }

  #remove(socket: ListeningSocket): void {
    if (socket.spec.kind === 'unix' && inodeAt(socket.spec.path) === socket.bound?.inode)
      removeSocketFile(socket.spec.path);
    socket.close();
  }
}

function key(spec: SocketSpec): string {
  return spec.kind === 'unix'
    ? `unix ${spec.path} ${spec.mode} ${spec.uid ?? ''} ${spec.gid ?? ''}`
    : `tcp ${spec.host} ${spec.port}`;
}
