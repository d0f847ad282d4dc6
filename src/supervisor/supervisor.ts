import type { Emit } from '../contract/events.ts';
import type { ServiceStatus } from '../contract/status.ts';
import { type Clock, keepAlive, systemClock } from '../machine/clock.ts';
import { ensureFolder } from '../machine/files.ts';
import { LogRotation } from '../machine/log-files.ts';
import { type ProcessRecord, ProcessRecords } from '../machine/process-records.ts';
import { ProcessStats } from '../machine/process-stats.ts';
import { DeathWatch, isAlive, killGroup, signalProcess } from '../machine/processes.ts';
import { inodeAt } from '../machine/sockets.ts';
import type { StateFile } from '../machine/state-file.ts';
import { must, type Problem, ProblemError } from '../problems/problem.ts';
import { decideAdoption } from './adoption.ts';
import { dependenciesOf, dependentsOf, startOrder } from './dependencies.ts';
import type { InstanceHost, Outcome } from './instance.ts';
import { processOf } from './lifecycle.ts';
import { ManagedService } from './managed-service.ts';
import { startProblem, unknownService } from './problems.ts';
import { drained, pause } from './waiting.ts';
import type { GroupSpec } from './service.ts';

/** What outlives the machine: which services someone stopped, by group. All others are wanted up. */
export type SupervisorState = { readonly stopped: Readonly<Record<string, readonly string[]>> };

export type GroupStatus = { readonly group: string; readonly services: readonly ServiceStatus[] };

type Group = { spec: GroupSpec; readonly services: Map<string, ManagedService>; readonly stopped: Set<string>; /** The last operation: the next one waits for it. */ turn: Promise<unknown> };

/** Keeps services running: those of every site, and the edge. Owns their listening sockets. */
export class Supervisor {
  readonly #groups = new Map<string, Group>();
  readonly #host: InstanceHost;
  readonly #state: StateFile<SupervisorState>;
  readonly #stats = new ProcessStats();
  #saving: Promise<void> = Promise.resolve();
  readonly #letGo = keepAlive();
  #closing = false;

  /** `runFolder` is emptied by a reboot: it holds the records of processes. */
  constructor(options: { readonly emit: Emit; readonly state: StateFile<SupervisorState>; readonly runFolder: string; readonly clock?: Clock }) {
    const clock = options.clock ?? systemClock;
    this.#host = { emit: options.emit, clock, deaths: new DeathWatch(), rotation: new LogRotation(), records: new ProcessRecords(options.runFolder) };
    this.#state = options.state;
  }

  /**
   * At the daemon's start: takes over what still runs, ends what has no place any more, and starts in the background what is
   * wanted up. Adopted services that can be replaced side by side are, so that their sockets come back.
   */
  async resume(groups: readonly GroupSpec[]): Promise<{ readonly adopted: number }> {
    const stopped = (await this.#state.read())?.stopped ?? {};
    for (const spec of groups) {
      const group = newGroup(spec, stopped[spec.group]);
      for (const service of spec.services) group.services.set(service.name, new ManagedService(service, this.#host));
      this.#groups.set(spec.group, group);
    }
    const records = this.#host.records.read();
    const living = records.filter((record) => isAlive(record));
    for (const record of records) {
      if (living.includes(record)) continue;
      // Its main process is gone, but perhaps not its workers.
      killGroup(record.pid);
      this.#host.records.remove(record.pid);
    }
    this.#endStrays(groups, living);
    const decision = decideAdoption(living, groups, (socket) => inodeAt(socket.path) === socket.inode);
    for (const record of decision.end) void this.#end(record);
    for (const record of decision.adopt) this.#groups.get(record.group)?.services.get(record.service)?.adopt(record);
    for (const spec of groups) {
      void this.#inTurn(spec.group, (group) => this.#agree(group, spec)).catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (!this.#closing) this.#host.emit({ type: 'note', level: 'warning', site: spec.group, text });
      });
    }
    return { adopted: decision.adopt.length };
  }

  /**
   * Makes a group's services agree with its spec: starts new ones after those they depend on, stops those gone, replaces
   * changed ones as their `replace` says, leaves equal ones alone. What someone stopped stays stopped. Resolves with the names
   * of what changed when all are ready. Throws `service-failed` or `port-taken` where one does not become ready: it is then
   * tried again with growing delays, but a replacement beside the old process is given up and the old one serves on.
   */
  reconcile(spec: GroupSpec): Promise<{ readonly changed: readonly string[] }> {
    const known = this.#groups.get(spec.group) ?? newGroup({ ...spec, folders: [], services: [] });
    this.#groups.set(spec.group, known);
    return this.#inTurn(spec.group, async (group) => {
      // It may have been forgotten while this waited for its turn.
      this.#groups.set(spec.group, group);
      return { changed: await this.#agree(group, spec) };
    });
  }

  /** Starts a group or one service of it. Resolves with the names when they are ready; throws as `reconcile` does. */
  start(name: string, service?: string): Promise<readonly string[]> {
    return this.#inTurn(name, async (group) => {
      const names = namesIn(group, service);
      for (const each of names) group.stopped.delete(each);
      await this.#save();
      await this.#agree(group, group.spec);
      return names;
    });
  }

  /** Stops a group or one service of it; it stays down until it is started. Does not wait for its turn: a start under way gives up. */
  async stop(name: string, service?: string): Promise<readonly string[]> {
    const group = this.#groups.get(name);
    if (!group) return [];
    const names = namesIn(group, service);
    for (const each of names) group.stopped.add(each);
    await this.#save();
    await this.#stopAll(group, names);
    return names;
  }

  /**
   * Replaces the processes of a group or of one service, one after another in the order of their start. Of a whole group,
   * services that keep data and those that are stopped are left alone.
   */
  restart(name: string, service?: string): Promise<readonly string[]> {
    return this.#inTurn(name, async (group) => {
      const wanted = service === undefined ? group.spec.services.filter((each) => each.stateful !== true && !group.stopped.has(each.name)).map((each) => each.name) : namesIn(group, service);
      const names = must(startOrder(group.spec.services)).map((each) => each.name).filter((each) => wanted.includes(each));
      for (const each of names) group.stopped.delete(each);
      await this.#save();
      for (const each of names) {
        const managed = group.services.get(each);
        if (managed) await check([await managed.restart()]);
      }
      return names;
    });
  }

  /** Has the services that can do so read their files again. Answers their names. */
  reload(name: string, service?: string): Promise<readonly string[]> {
    return this.#inTurn(name, async (group) => namesIn(group, service).filter((each) => {
      const managed = group.services.get(each);
      return managed?.spec.reloadSignal !== undefined && managed.reload();
    }));
  }

  /** Stops a group and drops it. Answers the names of its services. */
  async forget(name: string): Promise<readonly string[]> {
    const known = this.#groups.get(name);
    if (!known) return [];
    // What is starting gives up, so that its turn comes to an end.
    const stopping = this.#stopAll(known, [...known.services.keys()]);
    return this.#inTurn(name, async (group) => {
      await stopping;
      const names = [...group.services.keys()];
      await this.#stopAll(group, names);
      for (const managed of group.services.values()) managed.close({ leave: false });
      this.#groups.delete(name);
      await this.#save();
      return names;
    });
  }

  /** All groups with their services; CPU time is counted from one call to the next. */
  status(): readonly GroupStatus[] {
    const stats = this.#stats.look([...this.#groups.values()].flatMap((group) => [...group.services.values()].flatMap((managed) => managed.current.pid ?? [])));
    return [...this.#groups.values()].map((group) => ({
      group: group.spec.group,
      services: [...group.services.values()].map(({ spec, current }) => {
        const { lifecycle } = current;
        const pid = processOf(lifecycle)?.pid ?? null;
        const used = pid === null ? undefined : stats.get(pid);
        return { name: spec.name, state: lifecycle.state, pid, since: new Date(current.since).toISOString(), restarts: lifecycle.restarts, memory_bytes: used?.memoryBytes ?? null, cpu_percent: used?.cpuPercent ?? null };
      }),
    }));
  }

  /** Where the services' output goes. */
  serviceLogs(name: string, service?: string): readonly { readonly service: string; readonly path: string }[] {
    const services = this.#groups.get(name)?.spec.services ?? [];
    return services.filter((each) => service === undefined || each.name === service).map((each) => ({ service: each.name, path: each.log.path }));
  }

  /** At the daemon's end. Services live on, to be adopted, unless they are to be stopped as well (what is wanted stays wanted). */
  async close(options: { readonly services: boolean }): Promise<void> {
    this.#closing = true;
    if (options.services) await Promise.all([...this.#groups.values()].map((group) => this.#stopAll(group, [...group.services.keys()])));
    for (const group of this.#groups.values()) for (const managed of group.services.values()) managed.close({ leave: !options.services });
    this.#host.deaths.close();
    this.#host.rotation.close();
    await this.#saving.catch(() => undefined);
    this.#letGo();
  }

  async #agree(group: Group, spec: GroupSpec): Promise<readonly string[]> {
    const order = must(startOrder(spec.services));
    for (const folder of spec.folders) {
      const owned = process.getuid?.() === 0 && (folder.uid !== undefined || folder.gid !== undefined);
      await ensureFolder(folder.path, { mode: folder.mode, ...(owned && { ownership: { uid: folder.uid ?? 0, gid: folder.gid ?? 0 } }) });
    }
    const gone = [...group.services.keys()].filter((name) => !spec.services.some((service) => service.name === name));
    await this.#stopAll(group, gone);
    for (const name of gone) {
      group.services.get(name)?.close({ leave: false });
      group.services.delete(name);
    }
    group.spec = spec;
    const changed: string[] = [...gone];
    const outcomes: Outcome[] = [];
    const done = new Map<string, Promise<boolean>>();
    for (const service of order) {
      const managed = group.services.get(service.name) ?? new ManagedService(service, this.#host);
      group.services.set(service.name, managed);
      const before = dependenciesOf(order, service.name);
      const agree = async (): Promise<boolean> => {
        const ready = await Promise.all(before.map((name) => done.get(name) ?? Promise.resolve(true)));
        if (this.#closing) return true;
        if (group.stopped.has(service.name)) {
          managed.spec = service;
          // The daemon may have died between the wish and its fulfilment.
          await managed.stop();
          return true;
        }
        if (ready.includes(false)) {
          this.#startLater(group, managed, before);
          return false;
        }
        const result = await managed.agree(service);
        if (result.changed) changed.push(service.name);
        outcomes.push(result.outcome);
        return result.outcome.ready;
      };
      done.set(service.name, agree());
    }
    await Promise.all(done.values());
    await check(outcomes);
    return order.map((service) => service.name).filter((name) => changed.includes(name)).concat(gone);
  }

  /** What could not start because another service failed starts once that one is back. */
  #startLater(group: Group, managed: ManagedService, before: readonly string[]): void {
    const wait = async (): Promise<void> => {
      for (const name of before) {
        for (;;) {
          const service = group.services.get(name);
          if (this.#closing || group.services.get(managed.spec.name) !== managed || group.stopped.has(managed.spec.name)) return;
          if (!service || group.stopped.has(name) || (await service.current.outcome()).ready) break;
          await pause(this.#host.clock, 200);
        }
      }
      await managed.start();
    };
    void wait();
  }

  /** Stops services side by side, each after those that depend on it. */
  async #stopAll(group: Group, names: readonly string[]): Promise<void> {
    const specs = [...group.services.values()].map((managed) => managed.spec);
    const stops = new Map<string, Promise<void>>();
    const stop = (name: string): Promise<void> => {
      const known = stops.get(name);
      if (known) return known;
      const stopping = Promise.all(dependentsOf(specs, name).filter((each) => names.includes(each)).map(stop)).then(() => group.services.get(name)?.stop());
      stops.set(name, stopping);
      return stopping;
    };
    await Promise.all(names.map(stop));
  }

  /** Ends what a daemon started in its last moment and could not write down. What keeps data refuses a second copy by itself. */
  #endStrays(groups: readonly GroupSpec[], living: readonly ProcessRecord[]): void {
    const { records } = this.#host;
    const stateful = new Set(groups.flatMap((group) => group.services.filter((service) => service.stateful === true)).map((service) => records.mark(service.group, service.name)));
    for (const { pid, mark } of records.strays(new Set(living.map((record) => record.pid)))) if (!stateful.has(mark)) killGroup(pid);
  }

  /** Ends a process that no service has a place for, once nobody waits in its sockets' queues. */
  async #end(record: ProcessRecord): Promise<void> {
    const { clock, records } = this.#host;
    await drained(record.sockets, clock, record.stop.timeoutSeconds * 1000);
    signalProcess(record.pid, record.stop.signal);
    for (const limit = clock.monotonic() + record.stop.timeoutSeconds * 1000; isAlive(record) && clock.monotonic() < limit; ) await pause(clock, 100);
    killGroup(record.pid);
    records.remove(record.pid);
  }

  /** Runs one operation of a group after the one before it. */
  async #inTurn<T>(name: string, operation: (group: Group) => Promise<T>): Promise<T> {
    const group = this.#groups.get(name) ?? newGroup({ group: name, folders: [], services: [] });
    const turn = group.turn.then(() => operation(group));
    group.turn = turn.catch(() => undefined);
    return turn;
  }

  #save(): Promise<void> {
    this.#saving = this.#saving
      .catch(() => undefined)
      .then(() => this.#state.write({ stopped: Object.fromEntries([...this.#groups].filter(([, group]) => group.stopped.size > 0).map(([name, group]) => [name, [...group.stopped].toSorted()])) }));
    return this.#saving;
  }
}

function newGroup(spec: GroupSpec, stopped: readonly string[] = []): Group {
  return { spec, services: new Map(), stopped: new Set(stopped), turn: Promise.resolve() };
}

function namesIn(group: Group, service: string | undefined): readonly string[] {
  const names = [...group.services.keys()];
  if (service === undefined) return names;
  if (!group.services.has(service)) throw unknownService(group.spec.group, service, names);
  return [service];
}

/** Throws all the problems of the starts that failed. */
async function check(outcomes: readonly Outcome[]): Promise<void> {
  const problems: Problem[] = [];
  for (const outcome of outcomes) if (!outcome.ready) problems.push(await startProblem(outcome));
  const [first, ...rest] = problems;
  if (first) throw new ProblemError(first, ...rest);
}
