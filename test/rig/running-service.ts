import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { canConnect, httpStatus, isHealthy } from '../../src/machine/network/http-probe.ts';
import { type ProcessIdentity, spawnService } from '../../src/machine/processes/processes.ts';
import { run } from '../../src/machine/processes/run.ts';
import { openSocket } from '../../src/machine/network/sockets.ts';
import type { RunAs, ServiceSpec } from '../../src/services/service.ts';

/** A service that was started from its spec alone, as a supervisor would. */
export type RunningService = {
  readonly identity: ProcessIdentity;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  /** Resolves once its readiness probe holds; rejects with its log where it ends before. */
  ready(): Promise<void>;
  /** Sends its stop signal and waits for its end. */
  stop(): Promise<string>;
  log(): string;
};

/** Starts a service. `everybody` stands for its user where the spec has none. */
export function startService(spec: ServiceSpec, everybody?: RunAs): RunningService {
  const user = spec.user ?? everybody;
  const sockets = spec.sockets.map((socket) =>
    openSocket(socket.kind === 'unix' && everybody ? { ...socket, uid: everybody.uid, gid: everybody.gid } : socket),
  );
  const log = openSync(spec.log.path, 'a', 0o640);
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  let over: string | undefined;
  const end = (reason: string): void => {
    over = reason;
    resolve(reason);
  };
  const { user: _user, ...rest } = spec;
  const identity = spawnService(
    { ...rest, ...(user && { user }), log, sockets: sockets.map(({ fd }) => fd) },
    { exited: end, failed: end },
  );
  closeSync(log);
  for (const socket of sockets) socket.goLive();
  if (!identity) throw new Error(`${spec.name} could not be started`);
  const text = (): string => readFileSync(spec.log.path, 'utf8');
  return {
    identity,
    ended,
    log: text,
    ready: async () => {
      const deadline = Date.now() + spec.readiness.timeoutSeconds * 1000;
      while (!(await holds(spec))) {
        if (over !== undefined) throw new Error(`${spec.name} ${over}\n${text()}`);
        if (Date.now() > deadline) throw new Error(`${spec.name} is not ready\n${text()}`);
        await pause(50);
      }
    },
    stop: async () => {
      if (over === undefined) process.kill(identity.pid, spec.stop.signal);
      const reason = await ended;
      for (const socket of sockets) socket.close();
      return reason;
    },
  };
}

async function holds({ readiness: { probe } }: ServiceSpec): Promise<boolean> {
  switch (probe.kind) {
    case 'command':
      return (await run(probe.command)).code === 0;
    case 'http': {
      const status = await httpStatus({ ...probe, timeoutMs: 2000 });
      return status !== undefined && isHealthy(status);
    }
    case 'connect':
      return canConnect({ path: probe.socket }, 2000);
    case 'connect-tcp':
      return canConnect(probe, 2000);
    default:
      // 'running': tests wait for what a service does, not for time.
      return true;
  }
}
