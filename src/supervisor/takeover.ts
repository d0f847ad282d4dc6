import type { Clock } from '../machine/clock.ts';
import type { ProcessRecord, ProcessRecords } from '../machine/processes/process-records.ts';
import { isAlive, killGroup, killOrphans, signalProcess } from '../machine/processes/processes.ts';
import type { HeldSocket, regainSockets } from '../machine/network/regain-sockets.ts';
import { inodeAt, removeSocketFile } from '../machine/network/sockets.ts';
import { decideAdoption } from './adoption.ts';
import type { ManagedService } from './managed-service.ts';
import type { GroupSpec } from '../services/service.ts';
import type { SiteBounds } from './site-bounds.ts';
import { drained, pause } from './waiting.ts';

type Parts = {
  readonly clock: Clock;
  readonly records: ProcessRecords;
  readonly bounds: SiteBounds;
  readonly regainSockets: typeof regainSockets;
  /** The service that a record is of; undefined where there is none any more. */
  readonly find: (record: ProcessRecord) => ManagedService | undefined;
  readonly warn: (site: string, text: string) => void;
};

/** What a new daemon does about the processes of the one before: what serves is adopted, what has no place any more ends. */
export class Takeover {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Adopts what serves and ends what does not. Answers what was adopted. */
  adopt(groups: readonly GroupSpec[]): readonly ProcessRecord[] {
    const { records, bounds } = this.#parts;
    const known = records.read();
    const living = known.filter((record) => isAlive(record));
    for (const record of known) {
      if (living.includes(record)) continue;
      // Its main process is gone, but perhaps not its workers.
      const next = this.#parts.find(record);
      if (next) next.succeed(record);
      else {
        killOrphans(record.pid);
        bounds.endProcess(record);
      }
      records.remove(record.pid);
    }
    this.#endStrays(groups, living);
    bounds.endStrays(groups, living);
    const decision = decideAdoption(living, groups, (socket) => inodeAt(socket.path) === socket.inode);
    for (const record of decision.end) void this.#end(record);
    for (const record of decision.adopt) this.#parts.find(record)?.adopt(record);
    return decision.adopt;
  }

  /** Has the sockets of adopted processes back, all at once. */
  async regain(adopted: readonly ProcessRecord[]): Promise<void> {
    const held = adopted.flatMap((record) => {
      const service = this.#parts.find(record);
      return service ? service.heldSockets(record).map((socket) => ({ socket, record, service })) : [];
    });
    const sockets = await this.#parts.regainSockets(held.map(({ socket }) => socket));
    this.#warnOfLost(held.flatMap(({ socket, service }, index) => (sockets[index] ? [] : [{ socket, service }])));
    for (const record of new Set(held.map((each) => each.record))) {
      const service = held.find((each) => each.record === record)?.service;
      service?.regain(
        record,
        held.flatMap((each, index) => (each.record === record ? (sockets[index] ?? []) : [])),
      );
    }
  }

  /** What cannot be replaced side by side leaves its port closed for a moment when it dies. */
  #warnOfLost(lost: readonly { readonly socket: HeldSocket; readonly service: ManagedService }[]): void {
    for (const service of new Set(lost.flatMap((each) => (each.socket.spec.kind === 'tcp' ? [each.service] : []))))
      this.#parts.warn(
        service.spec.group,
        `The ports of ${service.spec.name} could not be had back from its process: they close for a moment when it ends.`,
      );
  }

  /** Ends what a daemon started in its last moment and could not write down. What keeps data refuses a second copy by itself. */
  #endStrays(groups: readonly GroupSpec[], living: readonly ProcessRecord[]): void {
    const { records, bounds } = this.#parts;
    const stateful = groups.flatMap((group) => group.services.filter((service) => service.stateful === true));
    const spared = new Set(stateful.map((service) => records.mark(service.group, service.name)));
    const known = bounds.members(living);
    for (const { pid, mark } of records.strays(new Set(living.map((record) => record.pid))))
      if (!spared.has(mark) && !known.has(pid)) killGroup(pid);
  }

  /** Ends a process that no service has a place for, once nobody waits in its sockets' queues. */
  async #end(record: ProcessRecord): Promise<void> {
    const { clock, records, bounds } = this.#parts;
    const limit = record.stop.timeoutSeconds * 1000;
    await drained(record.sockets, clock, limit);
    signalProcess(record.pid, record.stop.signal);
    for (const end = clock.monotonic() + limit; isAlive(record) && clock.monotonic() < end;) await pause(clock, 100);
    if (isAlive(record)) killGroup(record.pid);
    else killOrphans(record.pid);
    bounds.endProcess(record);
    records.remove(record.pid);
    // One that was kept ready to come back has its own name besides.
    for (const { bound } of record.sockets) removeSocketFile(bound);
  }
}
