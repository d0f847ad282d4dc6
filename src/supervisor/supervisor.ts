import type { Emit } from '../contract/events.ts';
import type { ServiceStatus } from '../contract/status.ts';
import type { Confiner } from '../machine/bounds/confiner.ts';
import { type Clock, keepAlive, systemClock } from '../machine/clock.ts';
import { httpStatus } from '../machine/network/http-probe.ts';
import { LogRotation } from '../machine/logs/log-rotation.ts';
import { ProcessRecords } from '../machine/processes/process-records.ts';
import { ProcessStats, type TreeStats } from '../machine/processes/process-stats.ts';
import { DeathWatch } from '../machine/processes/processes.ts';
import { regainSockets } from '../machine/network/regain-sockets.ts';
import type { StateFile } from '../machine/files/state-file.ts';
import { ServiceGroup } from './group.ts';
import { Guards } from './guards.ts';
import type { InstanceHost } from './instance-host.ts';
import { SiteBounds } from './site-bounds.ts';
import type { ManagedService } from './managed-service.ts';
import { isAllowed, type OpenPort, type PortOwner } from './open-ports.ts';
import { lookForOpenPorts } from './port-look.ts';
import { PortWatch } from './port-watch.ts';
import type { GroupSpec } from '../services/service.ts';
import { Takeover } from './takeover.ts';
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
  readonly #takeover: Takeover;
  readonly #watchman: Watchman;
  readonly #portWatch: PortWatch;
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
    const clock = options.clock ?? systemClock;
    const records = new ProcessRecords(options.runFolder);
    const openPorts = (): readonly OpenPort[] => lookForOpenPorts(this.#portOwners(), records);
    this.#portWatch = new PortWatch({
      clock,
      emit: options.emit,
      look: () => openPorts().filter((port) => !isAllowed(port, this.#portOwners())),
    });
    const emit: Emit = (event) => {
      options.emit(event);
      if (event.type === 'service-changed' && event.to === 'ready') this.#portWatch.soon();
    };
    const { confiner } = options;
    this.#host = { emit, clock, deaths: new DeathWatch(), rotation: new LogRotation(), records, openPorts, confiner };
    this.#bounds = new SiteBounds(confiner);
    this.#takeover = new Takeover({
      clock,
      records,
      bounds: this.#bounds,
      regainSockets: options.regainSockets ?? regainSockets,
      find: ({ group, service }) => this.#groups.get(group)?.services.get(service),
      warn: (site, text) => this.#warn(site, text),
    });
    this.#guards = new Guards(confiner, this.#bounds, {
      clock,
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
   * wanted up. When it resolves, every service is known and has its process, where that ran on. Sockets are had back from the
   * adopted processes; where the machine forbids that, services that can be replaced side by side are, so that their sockets
   * come back. A group that is not among `live` has never served: what it opens is still to be refused, and of its release only
   * what runs goes on.
   */
  async resume(
    groups: readonly GroupSpec[],
    live: ReadonlySet<string> = new Set(groups.map(({ group }) => group)),
  ): Promise<{ readonly adopted: number }> {
    const stopped = (await this.#state.read())?.stopped ?? {};
    for (const spec of groups) {
      const group = new ServiceGroup(spec, this.#host, stopped[spec.group]);
      group.expect(spec);
      if (live.has(spec.group)) for (const service of group.services.values()) service.trust();
      this.#bounds.hold(spec);
      this.#groups.set(spec.group, group);
    }
    const adopted = this.#takeover.adopt(groups);
    const running = new Set(adopted.map((record) => record.group));
    const regained = this.#takeover.regain(adopted);
    for (const group of this.#groups.values()) {
      const { group: name } = group.spec;
      void this.#bringUp(group, regained, { fresh: !running.has(name), dormant: !live.has(name) });
    }
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
   *
   * What becomes ready and ends again is waited for until it lasts, or is a crash loop (`service-failed`) that was none before. With `isNew` the group has
   * never served: where it fails, what runs the release is stopped, until it is reconciled again.
   */
  async reconcile(
    spec: GroupSpec,
    { keepSeconds = 0, isNew = false }: { readonly keepSeconds?: number; readonly isNew?: boolean } = {},
  ): Promise<{ readonly changed: readonly string[] }> {
    const group = this.#groups.get(spec.group) ?? new ServiceGroup({ ...spec, services: [] }, this.#host);
    this.#groups.set(spec.group, group);
    return group.inTurn(async () => {
      // It may have been forgotten while this waited for its turn.
      this.#groups.set(spec.group, group);
      this.#bounds.hold(spec);
      const looping = group.looping;
      try {
        const changed = await group.agree(spec, { keepSeconds });
        await group.requireLasting(
          changed.filter((name) => !looping.has(name)),
          isNew,
        );
        return { changed };
      } catch (error) {
        if (isNew) await group.rest();
        throw error;
      }
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

  /**
   * Asks a page of a group's web server as its readiness is asked: of the release that serves, or of the one before that is
   * kept ready. `silent`: no answer came in time. Undefined where no process of that release is there.
   */
  async ask(name: string, release: string, path: string, timeoutMs: number): Promise<number | 'silent' | undefined> {
    const [address] = [...(this.#groups.get(name)?.services.values() ?? [])].flatMap(
      (each) => each.address(release) ?? [],
    );
    return address && ((await httpStatus({ ...address, path, timeoutMs })) ?? 'silent');
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

  /** Ports that a group has open to everybody and may not, as of the last look. */
  openPorts(name: string): readonly OpenPort[] {
    return this.#portWatch.openPorts(name);
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
    this.#portWatch.close();
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

  /** `fresh`: nothing of it runs any more. `dormant`: it has never served. */
  async #bringUp(
    group: ServiceGroup,
    regained: Promise<void>,
    { fresh, dormant }: { readonly fresh: boolean; readonly dormant: boolean },
  ): Promise<void> {
    try {
      await group.inTurn(async () => {
        if (fresh) await this.#bounds.clearTmp(group.spec);
        await regained;
        return group.agree(group.spec, { dormant });
      });
    } catch (error) {
      this.#warn(group.spec.group, error instanceof Error ? error.message : String(error));
    }
  }

  #portOwners(): readonly PortOwner[] {
    return [...this.#services()].flatMap((service) => service.portOwners);
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
    ...current.shownEarlyEnds,
  };
}
