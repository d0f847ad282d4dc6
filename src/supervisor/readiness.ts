import type { Clock } from '../machine/clock.ts';
import { canConnect, httpStatus, isHealthy } from '../machine/network/http-probe.ts';
import { ticksPerSecond } from '../machine/processes/processes.ts';
import { run } from '../machine/processes/run.ts';
import { loadingFactor } from './lifecycle.ts';
import { pause } from './waiting.ts';
import type { ServiceSpec } from '../services/service.ts';

/** Milliseconds between two questions; the first come faster, so that a quick service is not kept waiting. */
const intervals = [20, 30, 50, 100];
const calmInterval = 200;
/** Milliseconds from a bad answer to the next question: what it needs to become well takes longer than a start. */
const badIntervals = [100, 200, 500];
const calmBadInterval = 1000;

/** What uses more than this share of one core is still loading, and may end yet. */
const loadingShare = 0.1;

export type ReadinessOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where a socket of the service can be reached while it is not in its place yet. */
  readonly reachable: (path: string) => string;
  /** Told with each question over HTTP as `X-Request-ID`, so that a log's lines about it can be found. */
  readonly question: string;
  /** Processor time that it has used with all its processes, in ticks. */
  readonly ticks: () => number;
  /** Bad answers after which it is given up; absent: never. */
  readonly tries?: number;
};

/** How the questions ended. Without a reason the signal has aborted them. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason?: string };

/** Asks a service's readiness until it holds, the signal aborts, or it was answered badly too often. */
export async function becomesReady(spec: ServiceSpec, options: ReadinessOptions): Promise<Readiness> {
  const { clock, signal, tries } = options;
  let bad = 0;
  for (let turn = 0; !signal.aborted; turn += 1) {
    const found = await look(spec, options);
    if (signal.aborted) break;
    if (found === true) return { ready: true };
    if (found === false) {
      await pause(clock, intervals[turn] ?? calmInterval, signal);
      continue;
    }
    bad += 1;
    if (bad === tries) return { ready: false, reason: `answered ${found} ${bad} times` };
    await pause(clock, badIntervals[bad - 1] ?? calmBadInterval, signal);
  }
  return { ready: false };
}

/** True where it holds, false where there is no answer yet; what was answered where that is bad. */
async function look(
  spec: ServiceSpec,
  { clock, signal, reachable, question, ticks }: ReadinessOptions,
): Promise<boolean | string> {
  const { probe } = spec.readiness;
  // A question may take its time: where the socket outlives the process, it waits in the queue for the next one.
  const timeoutMs = spec.readiness.timeoutSeconds * 1000;
  switch (probe.kind) {
    case 'http': {
      const status = await httpStatus({
        socket: reachable(probe.socket),
        path: probe.path,
        host: probe.host,
        headers: { ...probe.headers, 'X-Request-ID': question },
        timeoutMs,
        signal,
      });
      if (status === undefined) return false;
      const holds = probe.expect === undefined ? isHealthy(status) : status === probe.expect;
      return holds || `GET ${probe.path} with ${status}`;
    }
    case 'connect':
      return canConnect({ path: reachable(probe.socket) }, timeoutMs);
    case 'connect-tcp':
      return canConnect({ host: probe.host, port: probe.port }, timeoutMs);
    case 'command': {
      const answer = await run(probe.command, {
        directory: spec.directory,
        environment: spec.environment,
        timeoutSeconds: spec.readiness.timeoutSeconds,
        signal,
        ...(spec.user && { user: spec.user }),
      });
      return answer.code === 0;
    }
    case 'running':
      await pause(clock, probe.seconds * 1000, signal);
      await loaded(probe.seconds, clock, signal, ticks);
      return true;
  }
}

/** Resolves when it does not compute any more, or has done so for too long to be loading: it may be at work already. */
async function loaded(seconds: number, clock: Clock, signal: AbortSignal, ticks: () => number): Promise<void> {
  const end = clock.monotonic() + loadingFactor * seconds * 1000;
  while (!signal.aborted && clock.monotonic() < end) {
    const [before, began] = [ticks(), clock.monotonic()];
    await pause(clock, seconds * 100, signal);
    const passed = (clock.monotonic() - began) / 1000;
    if (!isLoading(ticks() - before, passed)) return;
  }
}

/** Whether a process that has used so many ticks of processor time in some seconds is still loading. */
export function isLoading(ticks: number, seconds: number): boolean {
  return ticks / ticksPerSecond > loadingShare * seconds;
}
