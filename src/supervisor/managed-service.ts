import type { HttpQuestion } from '../machine/network/http-probe.ts';
import type { ProcessRecord } from '../machine/processes/process-records.ts';
import type { HeldSocket } from '../machine/network/regain-sockets.ts';
import type { ListeningSocket } from '../machine/network/sockets.ts';
import { canOverlap, changeTo, fingerprint } from './change.ts';
import { type Inspection, pagesOf } from './asking.ts';
import { Instance } from './instance.ts';
import type { InstanceHost, Outcome } from './instance-host.ts';
import type { ServiceSpec } from '../services/service.ts';
import { isAllowed, openedBy, openPortProblem, type PortOwner } from './open-ports.ts';
import { Standby } from './standby.ts';
import { drained } from './waiting.ts';

/** How many kinds of process are remembered as ones that have served. */
const remembered = 2;

export type AgreeOptions = {
  /** For how long a process that was replaced by one beside it is kept ready to come back. */
  readonly keepSeconds?: number;
  /** Called when the new process beside the old one is ready, and waited for before it takes over. */
  readonly passed?: () => Promise<void>;
};

/**
 * One service of a group, with the process that serves and, for the time of a replacement, the one that comes and those
 * that go.
 */
export class ManagedService {
  spec: ServiceSpec;
  #current: Instance;
  #next: Instance | undefined;
  readonly #draining = new Map<Instance, Promise<void>>();
  readonly #standby: Standby;
  readonly #host: InstanceHost;
  /** Its sockets are held only by a process that an earlier daemon started: they come back by replacing it. */
  #foreignSockets = false;
  /** Fingerprints of what was ready here, newest first: what has served is not refused for its ports any more, an alarm is for that. */
  #served: readonly string[] = [];

  constructor(spec: ServiceSpec, host: InstanceHost) {
    this.spec = spec;
    this.#host = host;
    this.#standby = new Standby(host.clock);
    this.#current = new Instance(spec, host);
  }

  get current(): Instance {
    return this.#current;
  }

  /** Its processes with what each was started from: also those that come, go, or are kept ready to come back. */
  get portOwners(): readonly PortOwner[] {
    const kept = this.#standby.instance;
    const all = [this.#current, ...(this.#next ? [this.#next] : []), ...(kept ? [kept] : []), ...this.#draining.keys()];
    return all.map(({ spec, pid }) => ({ group: spec.group, spec, roots: pid === undefined ? [] : [pid] }));
  }

  /** What it is to run has served before, before a reboot for instance. */
  trust(): void {
    this.#served = [fingerprint(this.spec)];
  }

  /** Takes over a process of an earlier daemon. */
  adopt(record: ProcessRecord): void {
    this.#current.adopt(record);
    this.#served = [record.fingerprint];
    this.#foreignSockets = this.spec.sockets.length > 0;
  }

  /** Has what is left of a process of an earlier daemon end before the next one starts. */
  succeed({ pid, controlGroup }: ProcessRecord): void {
    this.#current.succeed({ pid, controlGroup });
  }

  /** What an adopted process alone holds, to be had back from it. */
  heldSockets(record: ProcessRecord): readonly HeldSocket[] {
    return this.spec.sockets.flatMap((spec): readonly HeldSocket[] => {
      if (spec.kind === 'tcp') return [{ holder: record, spec }];
      const socket = record.sockets.find(({ path }) => path === spec.path);
      return socket ? [{ holder: record, spec, bound: { path: socket.bound, inode: socket.inode } }] : [];
    });
  }

  /** Sockets of an adopted process that were had back. Where it has ended since, others are open already. */
  regain(record: ProcessRecord, sockets: readonly ListeningSocket[]): void {
    if (this.#current.pid !== record.pid) for (const socket of sockets) socket.close();
    else this.#current.sockets.regain(sockets);
    this.#foreignSockets = !this.#current.sockets.has(this.spec.sockets);
  }

  /** Where the process of a release answers HTTP, be it the one that serves or the one that is kept ready; undefined where there is none. */
  address(release: string): Pick<HttpQuestion, 'socket' | 'host' | 'headers'> | undefined {
    const instance = [this.#current, this.#standby.instance].find((each) => each?.spec.release === release);
    const probe = instance?.spec.readiness.probe;
    if (probe?.kind !== 'http' || instance?.lifecycle.wanted !== 'up') return undefined;
    const isKept = instance !== this.#current;
    if (isKept && instance.lifecycle.state !== 'ready') return undefined;
    const { host, headers, socket: path } = probe;
    // Another has taken the place of one that is kept: it has its own name besides.
    const bound = isKept ? instance.sockets.bound().find((socket) => socket.path === path)?.bound : path;
    return bound === undefined ? undefined : { socket: bound, host, headers };
  }

  /** Whether agreeing with the spec would bring in a new process beside the one that serves. */
  isGateFor(spec: ServiceSpec): boolean {
    const running = this.#serving;
    return running !== undefined && changeTo(running, spec) === 'overlap';
  }

  /** Starts it, or tries again at once where it waits for its next try. Answers how the attempt ends. */
  async start(): Promise<Outcome> {
    const { state, wanted } = this.#current.lifecycle;
    if (state === 'down' || state === 'waiting' || state === 'failed' || wanted === 'down') {
      const outcome = this.#current.outcome();
      this.#current.send({ type: 'want', wanted: 'up' });
      return outcome;
    }
    return this.#current.outcome();
  }

  /** Stops it, with all its processes. Resolves when they are gone. */
  async stop(): Promise<void> {
    this.#dismiss(this.#standby.release());
    const instances = [this.#current, ...(this.#next ? [this.#next] : []), ...this.#draining.keys()];
    for (const instance of instances) instance.send({ type: 'want', wanted: 'down' });
    await Promise.all(instances.map((instance) => instance.down()));
    await Promise.all(this.#draining.values());
    // Nobody will come to take what waits in the queue: whoever connects now is to know at once.
    if (this.#current.lifecycle.wanted === 'down') this.#current.sockets.close();
  }

  /**
   * Makes what runs agree with the spec. Answers whether anything changed, and how that ended. A process that is replaced by
   * one beside it is kept ready for `keepSeconds`: agreeing with its spec again brings it back at once.
   */
  async agree(
    spec: ServiceSpec,
    options: AgreeOptions = {},
  ): Promise<{ readonly changed: boolean; readonly outcome: Outcome }> {
    const result = await this.#agree(spec, options);
    if (result.outcome.ready) {
      const now = fingerprint(spec);
      this.#served = [now, ...this.#served.filter((each) => each !== now)].slice(0, remembered);
    }
    return result;
  }

  async #agree(
    spec: ServiceSpec,
    { keepSeconds = 0, passed }: AgreeOptions,
  ): Promise<{ readonly changed: boolean; readonly outcome: Outcome }> {
    const running = this.#serving;
    this.spec = spec;
    if (running === undefined) {
      const changed = this.#current.fingerprint !== fingerprint(spec) || this.#current.lifecycle.state === 'down';
      this.#current.spec = spec;
      this.#current.asking.inspection = this.#inspection(spec);
      return { changed, outcome: await this.start() };
    }
    const change = changeTo(running, spec);
    const regain = this.#foreignSockets && change === 'nothing' && spec.replace === 'overlap' && canOverlap(spec);
    if (change === 'overlap' && this.#comeBack(spec)) return { changed: true, outcome: { ready: true } };
    if (change === 'overlap') return { changed: true, outcome: await this.#overlap(spec, keepSeconds, passed) };
    if (regain) return { changed: false, outcome: await this.#overlap(spec, 0) };
    this.#current.spec = spec;
    if (change === 'restart') this.#current.asking.inspection = this.#inspection(spec);
    if (change === 'restart') return { changed: true, outcome: await this.restart() };
    if (change === 'reload') this.#current.reload();
    return { changed: change !== 'nothing', outcome: await this.start() };
  }

  /** A new process with the same spec: beside the old one where that is possible. */
  async restart(): Promise<Outcome> {
    if (this.spec.replace === 'overlap' && canOverlap(this.spec) && this.#current.lifecycle.state === 'ready')
      return this.#overlap(this.spec, 0);
    this.#foreignSockets = false;
    this.#current.spec = this.spec;
    this.#current.send({ type: 'restart' });
    return this.#current.outcome();
  }

  reload(): boolean {
    return this.#current.reload();
  }

  /** Gives back all but the processes. */
  close(options: { readonly leave: boolean }): void {
    for (const instance of [this.#current, this.#next, this.#standby.release(), ...this.#draining.keys()])
      instance?.close(options);
  }

  /** The fingerprint of a process that could go on serving. A service without a process, or one that fails, has none. */
  get #serving(): string | undefined {
    const { pid, lifecycle, fingerprint: started } = this.#current;
    return pid === undefined || lifecycle.wanted === 'down' ? undefined : started;
  }

  /**
   * The new process starts on a socket of its own; when it is ready, its socket is renamed over the old one's and the old
   * process drains. Where it does not become ready, the old one serves on.
   */
  async #overlap(spec: ServiceSpec, keepSeconds: number, passed?: AgreeOptions['passed']): Promise<Outcome> {
    const next = new Instance(spec, this.#host, { replacement: true });
    next.asking.inspection = this.#inspection(spec, this.#current);
    this.#next = next;
    const attempt = next.outcome();
    next.send({ type: 'want', wanted: 'up', reason: 'a replacement beside the process that serves' });
    const outcome = await attempt;
    if (outcome.ready && passed) await passed();
    this.#next = undefined;
    const old = this.#current;
    if (!outcome.ready || old.lifecycle.wanted === 'down') {
      this.spec = old.spec;
      next.send({ type: 'want', wanted: 'down' });
      this.#keep(next, next.down());
      return outcome.ready ? { ready: false, reason: 'was stopped', spec, logFrom: 0, question: '' } : outcome;
    }
    if (fingerprint(old.spec) !== fingerprint(spec)) this.#dismiss(this.#standby.release());
    const kept = this.#standby.keep(old, keepSeconds, (instance) => this.#dismiss(instance));
    next.goLive();
    this.#current = next;
    this.#foreignSockets = false;
    if (!kept) this.#dismiss(old);
    return outcome;
  }

  /** What a process that never served is asked: whether it has opened ports that it may not, and pages, beside the one that serves. */
  #inspection(spec: ServiceSpec, serving?: Instance): Inspection | undefined {
    if (this.#served.includes(fingerprint(spec))) return undefined;
    const { openPorts } = this.#host;
    const before = new Set(openPorts().map(({ inode }) => inode));
    const { group, name } = spec;
    const refuse: Inspection['refuse'] = (root) => {
      const found = openPorts().filter((port) => port.group === group);
      const opened = openedBy({ root, service: name }, found, before);
      return openPortProblem(opened.filter((port) => !isAllowed(port, [{ group, spec, roots: [root] }])));
    };
    const page = serving && pagesOf(serving.spec, (path) => path);
    return { refuse, ...(page && { before: page }) };
  }

  /** Goes back to the process that was kept, where there is one that runs what is wanted and is ready. */
  #comeBack(spec: ServiceSpec): boolean {
    const back = this.#standby.instance;
    if (back?.lifecycle.state !== 'ready' || back.fingerprint !== fingerprint(spec)) return false;
    this.#standby.release();
    back.spec = spec;
    // The count goes on from the process that leaves: a jump would look like crashes.
    back.lifecycle = { ...back.lifecycle, restarts: this.#current.lifecycle.restarts };
    back.goLive();
    this.#dismiss(this.#current);
    this.#current = back;
    return true;
  }

  #dismiss(instance: Instance | undefined): void {
    if (instance) this.#keep(instance, this.#drain(instance));
  }

  /** Whoever connected to the old socket before the rename still waits in its queue: the process goes only once it is empty. */
  async #drain(old: Instance): Promise<void> {
    await drained(
      old.sockets.bound(),
      this.#host.clock,
      old.spec.stop.timeoutSeconds * 1000,
      () => old.lifecycle.wanted === 'down',
    );
    old.send({ type: 'want', wanted: 'down', reason: 'replaced' });
    await old.down();
  }

  #keep(instance: Instance, gone: Promise<void>): void {
    const close = async (): Promise<void> => {
      await gone;
      instance.close();
      this.#draining.delete(instance);
    };
    this.#draining.set(instance, close());
  }
}
