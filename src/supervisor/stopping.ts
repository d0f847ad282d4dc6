import { signalProcess } from '../machine/processes/processes.ts';
import { run } from '../machine/processes/run.ts';
import type { ServiceSpec } from '../services/service.ts';

/**
 * Asks a process to stop: the service's drain first, where it has one and the process has been ready, then its stop signal.
 * `pid` answers the process as long as it is still to be stopped.
 */
export function askToStop(spec: ServiceSpec, wasReady: boolean, pid: () => number | undefined): void {
  const signal = (): void => {
    const current = pid();
    if (current !== undefined) signalProcess(current, spec.stop.signal);
  };
  const { drain } = spec.stop;
  if (!drain || !wasReady) return signal();
  // It runs on where this daemon is killed, so that nothing is left half drained.
  void run(drain.command, {
    directory: spec.directory,
    environment: spec.environment,
    timeoutSeconds: drain.timeoutSeconds,
    ...(spec.user && { user: spec.user }),
  }).then(signal);
}

/** How long a process may take to stop that nobody has ever been served by, in seconds. */
const unservedSeconds = 5;

/** How long a stop may take in all before the process is killed, in seconds. What has not served has nothing to finish. */
export function stopSeconds({ stop }: Pick<ServiceSpec, 'stop'>, hasServed = true): number {
  const seconds = stop.timeoutSeconds + (stop.drain?.timeoutSeconds ?? 0);
  return hasServed ? seconds : Math.min(seconds, unservedSeconds);
}
