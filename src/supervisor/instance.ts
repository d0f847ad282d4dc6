import { type ProcessRecord, serviceMark } from '../machine/processes/process-records.ts';
import { type ProcessIdentity, processTree, signalProcess } from '../machine/processes/processes.ts';
import { ProblemError } from '../problems/problem.ts';
import { Asking } from './asking.ts';
import { fingerprint } from './change.ts';
import { ControlGroup } from './control-group.ts';
import { EarlyEnds } from './early-ends.ts';
import {
  type Effect,
  earlyEndsOf,
  initial,
  type Lifecycle,
  type LifecycleEvent,
  processOf,
} from './lifecycle-state.ts';
import { step } from './lifecycle.ts';
import { type Left, Leftovers } from './leftovers.ts';
import type { InstanceHost, Outcome } from './instance-host.ts';
import { Timer } from './timer.ts';
import { ServiceLog } from './service-log.ts';
import type { ServiceSpec } from '../services/service.ts';
import { SocketSet } from './socket-set.ts';
import { askToStop, stopSeconds } from './stopping.ts';

/**
 * One service's process and its successors: carries out what the lifecycle decides. Two instances of a service exist only
 * while one replaces the other.
 */
export class Instance {
  readonly sockets: SocketSet;
  spec: ServiceSpec;
  lifecycle: Lifecycle = initial;
  /** When it entered its state, in milliseconds since 1970. */
  since: number;
  /** Of the spec that the process was started from. */
  fingerprint: string | undefined;
  /** What is asked before it counts as ready. With an inspection it may be refused: then it is not tried again by itself. */
  readonly asking: Asking;
  /** A replacement has one try; it becomes an ordinary instance when it goes live. */
  #once: boolean;
  readonly #host: InstanceHost;
  readonly #events: LifecycleEvent[] = [];
  #busy = false;
  #closed = false;
  #identity: ProcessIdentity | undefined;
  readonly #group: ControlGroup;
  readonly #log: ServiceLog;
  readonly #early = new EarlyEnds();
  #problem: ProblemError | undefined;
  readonly #leftovers: Leftovers;
  readonly #timer: Timer;
  #cancelWatch: () => void = () => undefined;
  #outcomes: ((outcome: Outcome) => void)[] = [];
  #ends: (() => void)[] = [];

  constructor(
    spec: ServiceSpec,
    host: InstanceHost,
    options: { readonly replacement: boolean } = { replacement: false },
  ) {
    this.spec = spec;
    this.#host = host;
    this.#log = new ServiceLog(host.rotation);
    this.#group = new ControlGroup(host.confiner);
    this.#leftovers = new Leftovers(host.clock, {
      end: (name) => this.#group.end(spec.group, name),
      members: (name) => this.#group.members(spec.group, name),
    });
    this.#once = options.replacement;
    this.sockets = new SocketSet(!options.replacement);
    this.#timer = new Timer(host.clock, (event) => this.send(event));
    this.asking = new Asking(host.clock, (path) => this.sockets.reachable(path));
    this.since = host.clock.now();
  }

  get pid(): number | undefined {
    return processOf(this.lifecycle)?.pid;
  }

  /** How often in a row it has ended within its first minute. */
  get earlyEnds(): number {
    return earlyEndsOf(this.lifecycle, this.#host.clock.monotonic());
  }

  /** The same as the status shows it. */
  get shownEarlyEnds(): ReturnType<EarlyEnds['shown']> {
    return this.#early.shown(this.lifecycle, this.#host.clock.monotonic());
  }

  /** What its crash loop is told as. */
  crashLoop(): ReturnType<EarlyEnds['problem']> {
    return this.#early.problem(this.spec, this.earlyEnds);
  }

  /** Tells it what is wanted. */
  send(event: LifecycleEvent): void {
    this.#events.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) this.#advance(next);
    } finally {
      this.#busy = false;
    }
  }

  /** Takes over a process of an earlier daemon. */
  adopt(record: ProcessRecord): void {
    this.#identity = { pid: record.pid, startTime: record.startTime };
    this.#group.name = record.controlGroup;
    this.fingerprint = record.fingerprint;
    this.sockets.adopt(record.sockets);
    this.send({ type: 'adopt', pid: record.pid, ready: record.ready, restarts: record.restarts });
    this.since = record.since;
    const run = processOf(this.lifecycle)?.run ?? 0;
    this.#cancelWatch = this.#host.deaths.watch(this.#identity, () => {
      // The number may belong to a stranger's group by now: kill only what is left of that session.
      this.#endLeftovers(processTree(record.pid).length > 0 ? record.pid : undefined);
      this.#ended(run, record.pid, 'has ended');
    });
  }

  /** How the attempt to start that is under way, or the next one, ends. */
  outcome(): Promise<Outcome> {
    if (this.lifecycle.state === 'ready') return Promise.resolve({ ready: true });
    return new Promise((resolve) => this.#outcomes.push(resolve));
  }

  /** Resolves when there is no process, none of what it has started, and none is to come. */
  async down(): Promise<void> {
    if (this.lifecycle.state !== 'down') await new Promise<void>((resolve) => this.#ends.push(resolve));
    await new Promise<void>((resolve) => this.#leftovers.whenGone(resolve));
  }

  /** What the process before has left, whose end nobody saw: it ends before the next one starts. */
  succeed(left: Left): void {
    this.#leftovers.end(left);
  }

  /** Opens the sockets; called by itself before a process starts. Throws as `openSocket` does. */
  openSockets(): void {
    this.sockets.ensure(this.spec.sockets);
  }

  /** From now on this is the service: its sockets take their places and it is kept up. */
  goLive(): void {
    this.sockets.goLive();
    this.#once = false;
  }

  /** Another takes its place for now: it goes on, ready to come back by `goLive`, and is not started again where it ends. */
  standBy(): void {
    this.sockets.keepNames();
    this.#once = true;
  }

  /** Sends the service's reload signal. False where there is no process to reload. */
  reload(): boolean {
    const { pid } = this;
    if (pid === undefined) return false;
    this.fingerprint = fingerprint(this.spec);
    this.#record();
    return signalProcess(pid, this.spec.reloadSignal ?? 'SIGHUP');
  }

  /** Ends a process that hangs, as if it had crashed: what waits in its socket's queue is for the next one. */
  killHung(): void {
    if (this.pid !== undefined) signalProcess(this.pid, 'SIGKILL');
  }

  /** Gives back everything but the process: sockets, log, timers. With `leave`, sockets' files stay for the process that goes on. */
  close(options: { readonly leave: boolean } = { leave: false }): void {
    this.#closed = true;
    this.#timer.cancel();
    this.#cancelWatch();
    this.asking.abort();
    if (!options.leave) this.#leftovers.close();
    this.#log.close();
    if (!options.leave) this.sockets.close();
  }

  #advance(event: LifecycleEvent): void {
    const { spec, lifecycle } = this;
    const policy = {
      restart: this.#once ? 'never' : spec.restart,
      readyTimeout: spec.readiness.timeoutSeconds * 1000,
      // A replacement has no visitors before it is ready; what keeps data has work of its own to finish.
      stopTimeout: stopSeconds(spec, !this.#once || lifecycle.state !== 'starting') * 1000,
    } as const;
    const { state, effects } = step(lifecycle, event, policy, this.#host.clock.monotonic());
    this.lifecycle = state;
    if (state.state !== lifecycle.state) this.since = this.#host.clock.now();
    if (!('deadline' in state)) this.#timer.cancel();
    if (state.state !== 'starting' || state.phase === 'spawning') this.asking.abort();
    const becameReady = state.state === 'ready' && lifecycle.state !== 'ready';
    // Written down before it is told: whoever hears it may end this daemon.
    if (becameReady) this.#record();
    for (const effect of effects) this.#carryOut(effect);
    if (becameReady) this.#settle({ ready: true });
    if (state.state === 'down' || (state.state === 'stopping' && state.wanted === 'down'))
      this.#settle(this.#failure('was stopped'));
    if (state.state === 'down') for (const end of this.#ends.splice(0)) end();
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'spawn':
        return this.#leftovers.whenGone(() => this.#spawn(effect.run));
      case 'probe':
        return void this.#ask(effect.run);
      case 'signal': {
        if (processOf(this.lifecycle)?.run !== effect.run || this.pid === undefined) return;
        if (effect.how === 'stop') this.#askToStop(effect.run);
        else this.#group.kill(this.spec.group, this.pid);
        return;
      }
      case 'timer':
        return this.#timer.set(effect.deadline, this.lifecycle.state === 'starting' ? this.pid : undefined);
      case 'start-failed':
        return this.#settle(this.#failure(effect.reason));
      case 'report': {
        const { pid } = this;
        this.#host.emit({
          type: 'service-changed',
          site: this.spec.group,
          service: this.spec.name,
          from: effect.from,
          to: effect.to,
          reason: effect.reason,
          ...(pid !== undefined && { pid }),
        });
      }
    }
  }

  #askToStop(run: number): void {
    const { lifecycle } = this;
    const wasReady = lifecycle.state === 'stopping' && lifecycle.cause === 'asked';
    askToStop(this.spec, wasReady, () => (processOf(this.lifecycle)?.run === run ? this.pid : undefined));
  }

  #spawn(run: number): void {
    const { spec, lifecycle } = this;
    const isAwaited = lifecycle.state === 'starting' && lifecycle.phase === 'spawning' && lifecycle.run === run;
    if (this.#closed || !isAwaited) return;
    // While it waited for what the process before has left.
    if (lifecycle.wanted === 'down') return this.send({ type: 'spawn-failed', run, reason: 'was stopped' });
    this.#problem = undefined;
    this.asking.question = '';
    try {
      if (!this.sockets.has(spec.sockets)) this.openSockets();
      const log = this.#log.begin(() => this.spec.log, spec.user?.gid);
      const mark = { [serviceMark]: this.#host.records.mark(spec.group, spec.name) };
      let pid = 0;
      this.#identity = this.#group.start(
        { ...spec, environment: { ...spec.environment, ...mark } },
        { log, sockets: this.sockets.descriptors(spec.sockets) },
        {
          exited: (reason) => {
            this.#endLeftovers(pid);
            this.#ended(run, pid, reason);
          },
          failed: (reason) => {
            this.#endLeftovers(undefined);
            this.send({ type: 'spawn-failed', run, reason });
          },
        },
      );
      if (!this.#identity) return;
      ({ pid } = this.#identity);
      this.fingerprint = fingerprint(spec);
      this.send({ type: 'spawned', run, pid });
      this.#record();
    } catch (error) {
      this.#spawnFailed(run, error);
    }
  }

  #spawnFailed(run: number, error: unknown): void {
    if (error instanceof ProblemError) this.#problem = error;
    this.send({ type: 'spawn-failed', run, reason: error instanceof Error ? error.message : String(error) });
  }

  /**
   * Workers that hold requests may finish them, since the next process shares their socket; whatever else is left of the
   * group would be in the way.
   */
  #endLeftovers(pid: number | undefined): void {
    const { spec } = this;
    const mayFinish = this.lifecycle.state !== 'stopping' && spec.sockets.length > 0 && this.sockets.has(spec.sockets);
    this.#leftovers.end({ pid, controlGroup: this.#group.name }, mayFinish ? spec.stop.signal : undefined);
    this.#group.name = undefined;
  }

  #ended(run: number, pid: number, reason: string): void {
    if (this.#closed) return;
    this.#identity = undefined;
    const began = this.#log.from;
    this.send({ type: 'exited', run, reason });
    if (this.lifecycle.earlyEnds > 0) this.#early.ended(this.spec, began);
    // Afterwards: while the record is removed, nobody serves. The next process can have the same number.
    if (this.pid !== pid) this.#host.records.remove(pid);
  }

  async #ask(run: number): Promise<void> {
    // Started again by itself it has all of its time: a database that is away for a while is no reason to start it over and over.
    const isFirst = this.#once || this.lifecycle.restarts === 0;
    const tries = isFirst ? this.spec.readiness.tries : undefined;
    const verdict = await this.asking.ask(this.spec, () => this.pid, tries);
    if (verdict.ready) return this.send({ type: 'ready', run });
    if (verdict.reason === undefined) return;
    if (verdict.problem) this.#problem = new ProblemError(verdict.problem);
    this.send({ type: 'unwell', run, reason: verdict.reason });
    if (verdict.refused) this.send({ type: 'want', wanted: 'down', reason: 'refused' });
  }

  /** Writes down the process that there is, for a later daemon. */
  #record(): void {
    const identity = this.#identity;
    if (!identity || this.fingerprint === undefined) return;
    const { spec } = this;
    try {
      this.#host.records.write({
        ...identity,
        group: spec.group,
        service: spec.name,
        fingerprint: this.fingerprint,
        sockets: this.sockets.bound(),
        ready: this.lifecycle.state === 'ready',
        restarts: this.lifecycle.restarts,
        since: this.since,
        stop: spec.stop,
        ...(this.#group.name !== undefined && { controlGroup: this.#group.name }),
      });
    } catch (error) {
      // It runs all the same; a later daemon will not know it.
      this.#host.emit({
        type: 'note',
        level: 'warning',
        site: spec.group,
        text: `The process of ${spec.name} cannot be written down: ${String(error)}`,
      });
    }
  }

  #failure(reason: string): Outcome {
    return {
      ready: false,
      reason,
      spec: this.spec,
      logFrom: this.#log.from,
      question: this.asking.question,
      ...(this.#problem && { problem: this.#problem }),
    };
  }

  #settle(outcome: Outcome): void {
    for (const resolve of this.#outcomes.splice(0)) resolve(outcome);
  }
}
