import type { Clock } from '../machine/clock.ts';
import { httpAnswers } from '../machine/network/http-probe.ts';
import { renameFullLogs } from '../machine/logs/log-rotation.ts';
import { treeMemory } from '../machine/processes/process-stats.ts';
import { familyTicks, isStopped, signalProcess, ticksPerSecond } from '../machine/processes/processes.ts';
import { afresh, answerSeconds, judge, type Liveness, nextLook, type Sign, untested } from './liveness.ts';
import { endOldest } from './old-workers.ts';
import type { ManagedService } from './managed-service.ts';
import { memoryInterval, type MemoryUse, unmeasured, weigh } from './memory-limit.ts';
import { megabytes } from './megabytes.ts';
import type { LivenessSpec } from '../services/service.ts';

/** Milliseconds between two rounds; each service has its own interval above that. */
const round = 1000;

/** Milliseconds between two looks at logs that a service writes by itself. */
const logInterval = 5000;

/** Processes that use more than this share of one core while they owe an answer compute, and do not hang. */
const busyShare = 0.1;

type Watched = {
  pid: number;
  liveness: Liveness;
  memory: MemoryUse;
  lookAt: number;
  weighAt: number;
  logsAt: number;
  looking: boolean;
};

export type WatchmanOptions = {
  readonly clock: Clock;
  readonly services: () => Iterable<ManagedService>;
  /** It hangs, for the reason that ends the sentence 'web …'. */
  readonly hangs: (service: ManagedService, reason: string) => void;
  /** It needs more memory than it may. */
  readonly overLimit: (service: ManagedService, reason: string) => void;
};

/**
 * Looks after services that are ready: whether they still give a sign of life, how much memory they
 * use, and how long the logs are that they write by themselves. One timer for all.
 */
export class Watchman {
  readonly #options: WatchmanOptions;
  readonly #watched = new WeakMap<ManagedService, Watched>();
  #cancel: () => void;

  constructor(options: WatchmanOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(round, () => this.#round());
  }

  close(): void {
    this.#cancel();
    this.#cancel = () => undefined;
  }

  #round(): void {
    const { clock, services } = this.#options;
    this.#cancel = clock.after(round, () => this.#round());
    const now = clock.monotonic();
    for (const service of services()) {
      const { liveness, memoryLimitBytes, ownLogs, oldWorkers } = service.spec;
      const { pid, lifecycle } = service.current;
      if (
        (!liveness && !ownLogs && !oldWorkers && memoryLimitBytes === undefined) ||
        pid === undefined ||
        lifecycle.state !== 'ready'
      )
        continue;
      const watched = this.#of(service, pid, now);
      if (liveness && !watched.looking && now >= watched.lookAt) void this.#look(service, watched, liveness);
      if (ownLogs && now >= watched.logsAt) {
        watched.logsAt = now + logInterval;
        if (renameFullLogs(ownLogs)) signalProcess(pid, ownLogs.reopenSignal);
        if (oldWorkers) endOldest(pid, oldWorkers);
      }
      if (memoryLimitBytes !== undefined && now >= watched.weighAt) this.#weigh(service, watched, memoryLimitBytes);
    }
  }

  #of(service: ManagedService, pid: number, now: number): Watched {
    const known = this.#watched.get(service);
    if (known?.pid === pid) return known;
    const watched = {
      pid,
      liveness: known ? afresh(known.liveness) : untested,
      memory: { above: 0, notBefore: known?.memory.notBefore ?? unmeasured.notBefore },
      lookAt: now,
      weighAt: now + memoryInterval,
      logsAt: now,
      looking: false,
    };
    this.#watched.set(service, watched);
    return watched;
  }

  async #look(service: ManagedService, watched: Watched, spec: LivenessSpec): Promise<void> {
    const { clock, hangs } = this.#options;
    const began = clock.monotonic();
    watched.looking = true;
    const sign = await this.#signOf(watched.pid, spec, answerSeconds(spec, watched.liveness));
    watched.looking = false;
    // The process may have been replaced meanwhile: then this says nothing about it.
    if (service.current.pid !== watched.pid || service.current.lifecycle.state !== 'ready') return;
    const verdict = judge(watched.liveness, sign, spec, clock.monotonic());
    watched.liveness = verdict.state;
    watched.lookAt = began + nextLook(spec, verdict.state);
    if (verdict.hangs)
      hangs(service, sign === 'stopped' ? 'is stopped by SIGSTOP' : 'gives no answer, and does not compute either');
  }

  async #signOf(pid: number, { probe, timeoutSeconds }: LivenessSpec, patience: number): Promise<Sign> {
    const { clock } = this.#options;
    if (isStopped(pid)) return 'stopped';
    if (!probe) return 'answered';
    const [ticks, began] = [familyTicks(pid), clock.monotonic()];
    // Any answer counts: an error, because the database is away for example, is not fixed by a new process.
    const answered = await httpAnswers(probe, patience * 1000);
    const seconds = (clock.monotonic() - began) / 1000;
    if (answered) return seconds <= timeoutSeconds ? 'answered' : 'slow';
    if (isStopped(pid)) return 'stopped';
    return (familyTicks(pid) - ticks) / ticksPerSecond > busyShare * seconds ? 'busy' : 'silent';
  }

  #weigh(service: ManagedService, watched: Watched, limit: number): void {
    const { clock, overLimit } = this.#options;
    const now = clock.monotonic();
    const bytes = treeMemory(watched.pid);
    const verdict = weigh(watched.memory, bytes, limit, now);
    watched.memory = verdict.state;
    watched.weighAt = now + memoryInterval;
    if (verdict.replace) overLimit(service, `uses ${megabytes(bytes)} of memory, more than its ${megabytes(limit)}`);
  }
}
