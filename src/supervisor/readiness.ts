import type { Clock } from '../machine/clock.ts';
import { canConnect, httpStatus, isHealthy } from '../machine/http-probe.ts';
import { run } from '../machine/run.ts';
import { pause } from './waiting.ts';
import type { ServiceSpec } from './service.ts';

/** Milliseconds between two questions; the first come faster, so that a quick service is not kept waiting. */
const intervals = [20, 30, 50, 100];
const calmInterval = 200;

/**
 * Asks a service's readiness until it holds (true) or the signal aborts (false). `reachable` says where a socket of the
 * service can be reached while it is not in its place yet.
 */
export async function becomesReady(
  spec: ServiceSpec,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly reachable: (path: string) => string },
): Promise<boolean> {
  const { clock, signal } = options;
  for (let turn = 0; !signal.aborted; turn += 1) {
    if (await holds(spec, options)) return !signal.aborted;
    await pause(clock, intervals[turn] ?? calmInterval, signal);
  }
  return false;
}

async function holds(
  spec: ServiceSpec,
  {
    clock,
    signal,
    reachable,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly reachable: (path: string) => string },
): Promise<boolean> {
  const { probe } = spec.readiness;
  // A question may take its time: where the socket outlives the process, it waits in the queue for the next one.
  const timeoutMs = spec.readiness.timeoutSeconds * 1000;
  switch (probe.kind) {
    case 'http': {
      const status = await httpStatus({
        socket: reachable(probe.socket),
        path: probe.path,
        host: probe.host,
        headers: probe.headers,
        timeoutMs,
        signal,
      });
      return status !== undefined && (probe.expect === undefined ? isHealthy(status) : status === probe.expect);
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
      return true;
  }
}
