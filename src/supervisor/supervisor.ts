import type { Emit } from '../contract/events.ts';
import type { ServiceStatus } from '../contract/status.ts';
import type { Confiner } from '../machine/confiner.ts';
import { type Clock, keepAlive, systemClock } from '../machine/clock.ts';
import { LogRotation } from '../machine/log-rotation.ts';
import { type ProcessRecord, ProcessRecords } from '../machine/process-records.ts';
import { ProcessStats, type TreeStats } from '../machine/process-stats.ts';
import { DeathWatch, isAlive, killGroup, killOrphans, signalProcess } from '../machine/processes.ts';
import { type HeldSocket, regainSockets } from '../machine/regain-sockets.ts';
import { inodeAt, removeSocketFile } from '../machine/sockets.ts';
import type { StateFile } from '../machine/state-file.ts';
import { decideAdoption } from './adoption.ts';
import { ServiceGroup } from './group.ts';
import { Guards } from './guards.ts';
import type { InstanceHost } from './instance.ts';
import { SiteBounds } from './site-bounds.ts';
import type { ManagedService } from './managed-service.ts';
import type { GroupSpec } from './service.ts';
import { drained, pause } from './waiting.ts';
import { Watchman } from './watchman.ts';

/** What outlives the machine: which services someone stopped, by group. All others are wanted up. */
export type SupervisorState = { readonly stopped: Readonly<Record<string, readonly string[]>> };

export type GroupStatus = { readonly group: string; readonly services: readonly ServiceStatus[] };

/** Keeps services running: those of every site, and the edge. Owns their listening sockets. */
export class Supervisor {
  readonly #groups = new Map<string, ServiceGroup>();
  readonly #host: InstanceHost;
  readonly #state: StateFile<SupervisorState>;
  readonly #stats = new ProcessStats();
  readonly #regainSockets: typeof regainSockets;
  readonly #watchman: Watchman;
  readonly #bounds: SiteBounds;
  readonly #guards: Guards;
  readonly #letGo = keepAlive();
  #saving: Promise<void> = Promise.resolve();
  #closing = false;

  /** `runFolder` is emptied by a reboot: it holds the records of processes. */
  constructor(options: {
    readonly emit: Emit;
    readonly state: StateFile<SupervisorState>;
    readonly runFolder: string;
    /** Confines what runs as a site's users; absent without root. */
    readonly confiner?: Confiner | undefined;
    readonly clock?: Clock;
    readonly regainSockets?: typeof regainSockets;
  }) {
    this.#regainSockets = options.regainSockets ?? regainSockets;
    this.#host = {
      emit: options.emit,
      clock: options.clock ?? systemClock,
      deaths: new DeathWatch(),
      rotation: new LogRotation(),
      records: new ProcessRecords(options.runFolder),
      confiner: options.confiner,
    };
    this.#bounds = new SiteBounds(options.confiner);
    this.#guards = new Guards(options.confiner, this.#bounds, {
      clock: this.#host.clock,
      groups: () => [...this.#groups.values()].map((group) => group.spec),
      warn: (site, text) => this.#warn(site, text),
      stop: (site, service) => this.stop(site, service),
    });
    this.#state = options.state;
    this.#watchman = new Watchman({
      clock: this.#host.clock,
      services: () => this.#services(),
      hangs: (service, reason) => {
        this.#warn(service.spec.group, `${service.spec.name} ${reason}: it is killed and started again.`);
        service.current.killHung();
      },
      overLimit: (service, reason) => void this.#renew(service, reason),
    });
  }

  /**
   * At the daemon's start: takes over what still runs, ends what has no place any more, and starts in the background what is
   * wanted up. Sockets are had back from the adopted processes; where the machine forbids that, services that can be replaced
   * side by side are, so that their sockets come back.
   */
  async resume(groups: readonly GroupSpec[]): Promise<{ readonly adopted: number }> {
    const stopped = (await this.#state.read())?.stopped ?? {};
    for (const spec of groups) {
      const group = new ServiceGroup(spec, this.#host, stopped[spec.group]);
      group.expect(spec);
      this.#bounds.hold(spec);
      this.#groups.set(spec.group, group);
    }
    const adopted = this.#takeOver(groups);
    for (const spec of groups)
      if (!adopted.some((record) => record.group === spec.group)) await this.#bounds.clearTmp(spec);
    const regained = this.#regain(adopted);
    for (const group of this.#groups.values()) void this.#bringUp(group, regained);
    return { adopted: adopted.length };
  }

  /**
   * Makes a group's services agree with its spec: starts new ones after those they depend on, stops those gone, replaces
   * changed ones as their `replace` says, leaves equal ones alone. What someone stopped stays stopped. Resolves with the names
   * of what changed when all are ready. Throws `service-failed` or `port-taken` where one does not become ready: it is then
   * tried again with growing delays, but a replacement beside the old process is given up and the old one serves on.
   *
   * With `keepSeconds` a process that was replaced by one beside it is kept ready for so long, where memory allows: to
   * reconcile with the spec before brings it back with one rename, without a boot.
   */
  async reconcile(
    spec: GroupSpec,
    { keepSeconds = 0 }: { readonly keepSeconds?: number } = {},
  ): Promise<{ readonly changed: readonly string[] }> {
    const group = this.#groups.get(spec.group) ?? new ServiceGroup({ ...spec, services: [] }, this.#host);
    this.#groups.set(spec.group, group);
    return group.inTurn(async () => {
      // It may have been forgotten while this waited for its turn.
      this.#groups.set(spec.group, group);
      this.#bounds.hold(spec);
      return { changed: await group.agree(spec, keepSeconds) };
    });
  }

  /** Starts a group or one service of it. Resolves with the names when they are ready; throws as `reconcile` does. */
  async start(name: string, service?: string): Promise<readonly string[]> {
    const group = this.#groups.get(name);
    if (!group) return [];
    return group.inTurn(async () => {
      const names = group.named(service);
      for (const each of names) group.stopped.delete(each);
      await this.#save();
      await group.agree(group.spec);
      return names;
    });
  }

  /** Stops a group or one service of it; it stays down until it is started. Does not wait for its turn: a start under way gives up. */
  async stop(name: string, service?: string): Promise<readonly string[]> {
    const group = this.#groups.get(name);
    if (!group) return [];
    const names = group.named(service);
    for (const each of names) group.stopped.add(each);
    await this.#save();
    await group.stop(names);
    if (service === undefined) await this.#bounds.end(group.spec, { builds: false });
    return names;
  }

  /**
   * Replaces the processes of a group or of one service, one after another in the order of their start. Of a whole group,
   * services that keep data and those that are stopped are left alone.
   */
  async restart(name: string, service?: string): Promise<readonly string[]> {
    const group = this.#groups.get(name);
    if (!group) return [];
    return group.inTurn(async () => {
      const keepsOrRests = (each: string): boolean =>
        group.services.get(each)?.spec.stateful === true || group.stopped.has(each);
      const names = group.named(service).filter((each) => service !== undefined || !keepsOrRests(each));
      for (const each of names) group.stopped.delete(each);
      await this.#save();
      return group.restart(names);
    });
  }

  /** Has the services that can do so read their files again. Answers their names. */
  async reload(name: string, service?: string): Promise<readonly string[]> {
    const group = this.#groups.get(name);
    if (!group) return [];
    const canReload = (managed: ManagedService | undefined): boolean =>
      managed?.spec.reloadSignal !== undefined && managed.reload();
    return group.inTurn(async () => group.named(service).filter((each) => canReload(group.services.get(each))));
  }

  /** Stops a group and drops it. Answers the names of its services. */
  async forget(name: string): Promise<readonly string[]> {
    const group = this.#groups.get(name);
    if (!group) return [];
    // What is starting gives up, so that its turn comes to an end.
    const stopping = group.stop([...group.services.keys()]);
    return group.inTurn(async () => {
      await stopping;
      const names = await group.clear();
      await this.#bounds.end(group.spec, { builds: true });
      this.#groups.delete(name);
      await this.#save();
      return names;
    });
  }

  /** All groups with their services; CPU time is counted from one call to the next. */
  status(): readonly GroupStatus[] {
    const groups = [...this.#groups.values()].map((group) => ({
      group: group.spec.group,
      services: [...group.services.values()],
    }));
    const stats = this.#stats.look(
      groups.flatMap(({ services }) => services.flatMap((managed) => managed.current.pid ?? [])),
    );
    return groups.map(({ group, services }) => ({
      group,
      services: services.map((managed) => statusOf(managed, stats)),
    }));
  }

  /** Where the services' output goes. */
  serviceLogs(name: string, service?: string): readonly { readonly service: string; readonly path: string }[] {
    const services = this.#groups.get(name)?.spec.services ?? [];
    return services
      .filter((each) => service === undefined || each.name === service)
      .map((each) => ({ service: each.name, path: each.log.path }));
  }

  /** At the daemon's end. Services live on, to be adopted, unless they are to be stopped as well (what is wanted stays wanted). */
  async close(options: { readonly services: boolean }): Promise<void> {
    this.#closing = true;
    this.#watchman.close();
    this.#guards.close();
    const groups = [...this.#groups.values()];
    for (const group of groups) group.giveUp();
    if (options.services) await Promise.all(groups.map((group) => group.stop([...group.services.keys()])));
    for (const group of groups) group.close({ leave: !options.services });
    if (options.services) await this.#bounds.prune(this.#host.clock);
    this.#host.deaths.close();
    this.#host.rotation.close();
    await this.#saving.catch(() => undefined);
    this.#letGo();
  }

  /** Adopts what serves and ends what does not. Answers what was adopted. */
  #takeOver(groups: readonly GroupSpec[]): readonly ProcessRecord[] {
    const { records } = this.#host;
    const known = records.read();
    const living = known.filter((record) => isAlive(record));
    for (const record of known) {
      if (living.includes(record)) continue;
      // Its main process is gone, but perhaps not its workers.
      killOrphans(record.pid);
      this.#bounds.endProcess(record);
      records.remove(record.pid);
    }
    this.#endStrays(groups, living);
    this.#bounds.endStrays(groups, living);
    const decision = decideAdoption(living, groups, (socket) => inodeAt(socket.path) === socket.inode);
    for (const record of decision.end) void this.#end(record);
    for (const record of decision.adopt) this.#groups.get(record.group)?.services.get(record.service)?.adopt(record);
    return decision.adopt;
  }

  /** Has the sockets of adopted processes back, all at once. */
  async #regain(adopted: readonly ProcessRecord[]): Promise<void> {
    const held = adopted.flatMap((record) => {
      const service = this.#groups.get(record.group)?.services.get(record.service);
      return service ? service.heldSockets(record).map((socket) => ({ socket, record, service })) : [];
    });
    const sockets = await this.#regainSockets(held.map(({ socket }) => socket));
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
      this.#warn(
        service.spec.group,
        `The ports of ${service.spec.name} could not be had back from its process: they close for a moment when it ends.`,
      );
  }

  async #bringUp(group: ServiceGroup, regained: Promise<void>): Promise<void> {
    try {
      await group.inTurn(async () => {
        await regained;
        return group.agree(group.spec);
      });
    } catch (error) {
      this.#warn(group.spec.group, error instanceof Error ? error.message : String(error));
    }
  }

  *#services(): Iterable<ManagedService> {
    for (const group of this.#groups.values()) yield* group.services.values();
  }

  /** Replaces a service's process by a fresh one, as a change would. */
  async #renew({ spec: { group: site, name } }: ManagedService, reason: string): Promise<void> {
    const group = this.#groups.get(site);
    this.#warn(site, `${name} ${reason}: it is replaced.`);
    try {
      await group?.inTurn(async () => {
        if (group.services.has(name) && !group.stopped.has(name)) await group.restart([name]);
      });
    } catch (error) {
      this.#warn(site, error instanceof Error ? error.message : String(error));
    }
  }

  #warn(site: string | undefined, text: string): void {
    if (!this.#closing) this.#host.emit({ type: 'note', level: 'warning', ...(site !== undefined && { site }), text });
  }

  /** Ends what a daemon started in its last moment and could not write down. What keeps data refuses a second copy by itself. */
  #endStrays(groups: readonly GroupSpec[], living: readonly ProcessRecord[]): void {
    const { records } = this.#host;
    const stateful = groups.flatMap((group) => group.services.filter((service) => service.stateful === true));
    const spared = new Set(stateful.map((service) => records.mark(service.group, service.name)));
    const known = this.#bounds.members(living);
    for (const { pid, mark } of records.strays(new Set(living.map((record) => record.pid))))
      if (!spared.has(mark) && !known.has(pid)) killGroup(pid);
  }

  /** Ends a process that no service has a place for, once nobody waits in its sockets' queues. */
  async #end(record: ProcessRecord): Promise<void> {
    const { clock, records } = this.#host;
    const limit = record.stop.timeoutSeconds * 1000;
    await drained(record.sockets, clock, limit);
    signalProcess(record.pid, record.stop.signal);
    for (const end = clock.monotonic() + limit; isAlive(record) && clock.monotonic() < end;) await pause(clock, 100);
    if (isAlive(record)) killGroup(record.pid);
    else killOrphans(record.pid);
    this.#bounds.endProcess(record);
    records.remove(record.pid);
    // One that was kept ready to come back has its own name besides.
    for (const { bound } of record.sockets) removeSocketFile(bound);
  }

  #save(): Promise<void> {
    const stopped = (): SupervisorState['stopped'] =>
      Object.fromEntries(
        [...this.#groups]
          .filter(([, group]) => group.stopped.size > 0)
          .map(([name, group]) => [name, [...group.stopped].toSorted()]),
      );
    const write = async (before: Promise<void>): Promise<void> => {
      await before.catch(() => undefined);
      await this.#state.write({ stopped: stopped() });
    };
    this.#saving = write(this.#saving);
    return this.#saving;
  }
}

function statusOf({ spec, current }: ManagedService, stats: ReadonlyMap<number, TreeStats>): ServiceStatus {
  const { lifecycle, pid } = current;
  const used = pid === undefined ? undefined : stats.get(pid);
  return {
    name: spec.name,
    state: lifecycle.state,
    pid: pid ?? null,
    since: new Date(current.since).toISOString(),
    restarts: lifecycle.restarts,
    memory_bytes: used?.memoryBytes ?? null,
    cpu_percent: used?.cpuPercent ?? null,
  };
}
