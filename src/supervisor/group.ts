import { ensureFolder } from '../machine/files/files.ts';
import { must, type Problem, ProblemError } from '../problems/problem.ts';
import { dependenciesOf, dependentsOf, startOrder } from './dependencies.ts';
import { Gates } from './gates.ts';
import type { InstanceHost, Outcome } from './instance-host.ts';
import { ManagedService } from './managed-service.ts';
import { crashLoopProblem, startProblem, unknownService } from './problems.ts';
import type { GroupSpec, RunFolder } from '../services/service.ts';
import type { Lifecycle } from './lifecycle-state.ts';
import { isCrashLoop } from './restart.ts';
import { fallsIntoLoop } from './steadiness.ts';
import { pause } from './waiting.ts';

/** The services of a site, or of the edge: in which order they start, stop and are replaced. */
export class ServiceGroup {
  spec: GroupSpec;
  readonly services = new Map<string, ManagedService>();
  /** Names of the services that someone stopped. */
  readonly stopped: Set<string>;
  readonly #host: InstanceHost;
  /** The last operation: the next one waits for it. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(spec: GroupSpec, host: InstanceHost, stopped: readonly string[] = []) {
    this.spec = spec;
    this.stopped = new Set(stopped);
    this.#host = host;
  }

  /** Makes room for services that are not there yet, without starting them. */
  expect(spec: GroupSpec): void {
    for (const service of spec.services)
      if (!this.services.has(service.name)) this.services.set(service.name, new ManagedService(service, this.#host));
  }

  /** Runs an operation after the one before it. */
  inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(operation);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** The services that a person means: all, or the one of that name. Throws `unknown-service`. */
  named(service: string | undefined): readonly string[] {
    const names = [...this.services.keys()];
    if (service === undefined) return names;
    if (!this.services.has(service)) throw unknownService(this.spec.group, service, names);
    return [service];
  }

  /**
   * See `Supervisor.reconcile`. Answers the names of what changed. `dormant`: what runs a release and has no process stays as it is.
   */
  async agree(
    spec: GroupSpec,
    { keepSeconds = 0, dormant = false }: { readonly keepSeconds?: number; readonly dormant?: boolean } = {},
  ): Promise<readonly string[]> {
    const order = must(startOrder(spec.services));
    for (const folder of spec.folders) await makeFolder(folder);
    const gone = [...this.services.keys()].filter((name) => !spec.services.some((service) => service.name === name));
    this.spec = spec;
    this.expect({ ...spec, services: order });
    const gates = new Gates(
      order,
      order.filter((each) => this.services.get(each.name)?.isGateFor(each)).map(({ name }) => name),
    );
    const dropping = gates.all.then((open) => (open ? this.#drop(gone) : undefined));
    const changed = new Set<string>();
    const outcomes: Outcome[] = [];
    /** By name: whether it is ready, or need not be. */
    const done = new Map<string, Promise<boolean>>();
    for (const service of order) {
      const managed = this.services.get(service.name);
      if (!managed) continue;
      const before = dependenciesOf(order, service.name);
      const agree = async (): Promise<boolean> => {
        const ready = await Promise.all(before.map((name) => done.get(name) ?? Promise.resolve(true)));
        if (this.#closed) return true;
        if (this.stopped.has(service.name)) {
          managed.spec = service;
          // The daemon may have died between the wish and its fulfilment.
          await managed.stop();
          return true;
        }
        if (dormant && service.release !== undefined && managed.current.pid === undefined) {
          managed.spec = service;
          return true;
        }
        if (ready.includes(false)) {
          void this.#startLater(managed, before);
          return false;
        }
        // A release whose web server does not answer leaves the workers of the one before alone.
        if (!gates.concern(service.name) && !(await gates.all)) return true;
        const result = await managed.agree(service, { keepSeconds, passed: () => gates.open(service.name) });
        if (result.changed) changed.add(service.name);
        outcomes.push(result.outcome);
        return result.outcome.ready;
      };
      const agreed = agree();
      const end = (ready: boolean): void => gates.end(service.name, ready);
      agreed.then(end, () => end(false));
      done.set(service.name, agreed);
    }
    await Promise.all([...done.values(), dropping]);
    await check(outcomes);
    return [...order.map((service) => service.name).filter((name) => changed.has(name)), ...gone];
  }

  /**
   * Looks at services that have just become ready until they have lasted, and throws `service-failed` where one is in a crash loop.
   * `isNew`: of what only runs, nobody knows yet whether it does.
   */
  async requireLasting(names: readonly string[], isNew: boolean): Promise<void> {
    const problems = await Promise.all(
      names.map(async (name) => {
        const managed = this.services.get(name);
        if (!managed) return [];
        const unasked = isNew && managed.spec.readiness.probe.kind === 'running';
        const look = (): Lifecycle | undefined => (this.#closed ? undefined : managed.current.lifecycle);
        const loops = await fallsIntoLoop(look, this.#host.clock, unasked);
        return loops ? [await crashLoopProblem(managed.current)] : [];
      }),
    );
    throwAll(problems.flat());
  }

  /** Names of the services that are in a crash loop now. */
  get looping(): ReadonlySet<string> {
    const loops = [...this.services].filter(([, managed]) => isCrashLoop(managed.current.earlyEnds));
    return new Set(loops.map(([name]) => name));
  }

  /** Stops what runs a release, which is no wish of anybody's: the next time that the group is to agree, it starts. */
  rest(): Promise<void> {
    return this.stop(
      [...this.services.values()].flatMap(({ spec }) => (spec.release === undefined ? [] : [spec.name])),
    );
  }

  /** Replaces processes one service after another, in the order of their start. */
  async restart(names: readonly string[]): Promise<readonly string[]> {
    const ordered = must(startOrder(this.spec.services))
      .map((service) => service.name)
      .filter((name) => names.includes(name));
    for (const name of ordered) {
      const managed = this.services.get(name);
      if (managed) await check([await managed.restart()]);
    }
    return ordered;
  }

  /** Stops services side by side, each after those that depend on it. */
  async stop(names: readonly string[]): Promise<void> {
    const specs = [...this.services.values()].map((managed) => managed.spec);
    const stops = new Map<string, Promise<void>>();
    const stop = (name: string): Promise<void> => {
      const known = stops.get(name);
      if (known) return known;
      const dependents = dependentsOf(specs, name).filter((each) => names.includes(each));
      const stopping = Promise.all(dependents.map(stop)).then(() => this.services.get(name)?.stop());
      stops.set(name, stopping);
      return stopping;
    };
    await Promise.all(names.map(stop));
  }

  /** Stops and drops all services. Answers their names. */
  async clear(): Promise<readonly string[]> {
    const names = [...this.services.keys()];
    await this.#drop(names);
    return names;
  }

  /** Gives back all but the processes; with `leave` sockets' files stay for them. */
  close(options: { readonly leave: boolean }): void {
    this.#closed = true;
    for (const managed of this.services.values()) managed.close(options);
  }

  /** What is starting meanwhile gives up. */
  giveUp(): void {
    this.#closed = true;
  }

  async #drop(names: readonly string[]): Promise<void> {
    await this.stop(names);
    for (const name of names) {
      this.services.get(name)?.close({ leave: false });
      this.services.delete(name);
    }
  }

  /** What could not start because another service failed starts once that one is back. */
  async #startLater(managed: ManagedService, before: readonly string[]): Promise<void> {
    const { name } = managed.spec;
    for (const each of before) {
      for (;;) {
        if (this.#closed || this.services.get(name) !== managed || this.stopped.has(name)) return;
        const service = this.services.get(each);
        if (!service || this.stopped.has(each) || (await service.current.outcome()).ready) break;
        await pause(this.#host.clock, 200);
      }
    }
    if (!this.#closed && this.services.get(name) === managed && !this.stopped.has(name)) await managed.start();
  }
}

async function makeFolder({ path, mode, uid, gid }: RunFolder): Promise<void> {
  const owned = process.getuid?.() === 0 && (uid !== undefined || gid !== undefined);
  await ensureFolder(path, { mode, ...(owned && { ownership: { uid: uid ?? 0, gid: gid ?? 0 } }) });
}

/** Throws all the problems of the starts that failed. */
async function check(outcomes: readonly Outcome[]): Promise<void> {
  const problems: Problem[] = [];
  for (const outcome of outcomes) if (!outcome.ready) problems.push(await startProblem(outcome));
  throwAll(problems);
}

function throwAll([first, ...rest]: readonly Problem[]): void {
  if (first) throw new ProblemError(first, ...rest);
}
