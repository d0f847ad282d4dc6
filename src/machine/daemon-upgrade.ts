import { setTimeout as delay } from 'node:timers/promises';

import { ProblemError } from '../problems/problem.ts';
import { DaemonApi } from './network/daemon-client.ts';
import { startDaemon } from './daemon-process.ts';
import type { Layout } from './layout.ts';
import { look, signalProcess } from './processes/processes.ts';
import { run } from './processes/run.ts';
import { restartUnit, unitRuns } from './systemd.ts';

/** A daemon that runs. */
export type RunningDaemon = { readonly pid: number; readonly version: string };

export type UpgradeOptions = {
  readonly layout: Layout;
  /** Loads all of the program, and fails where it cannot. */
  readonly warm: readonly [string, ...string[]];
  readonly daemon: readonly [string, ...string[]];
  /** Told once when an operation that is running has to be waited for. */
  readonly waiting: (operation: string) => void;
};

/** The old one closes its files and goes; it waits for nothing. */
const patienceMs = 30_000;
const askAgainMs = 50;

/**
 * Has the daemon of this program take over from the one that runs: services go on and are adopted. Resolves when the new one
 * answers; `before` is undefined where none ran. Throws `daemon-failed`: where this program cannot be loaded, the old one goes on.
 */
export async function upgradeDaemon(
  options: UpgradeOptions,
): Promise<{ readonly before: RunningDaemon | undefined; readonly after: RunningDaemon }> {
  const { layout } = options;
  const before = await describeDaemon(layout.socket);
  const loaded = await run(options.warm, { timeoutSeconds: 120 });
  if (loaded.code !== 0) {
    throw new ProblemError({
      code: 'daemon-failed',
      summary: `This version of Roadie does not start${before ? `; the daemon ${before.version} goes on` : ''}`,
      detail: loaded.stderr.trim().split('\n').slice(-10).join('\n'),
      cure: ['Go back to the version before, or get a whole copy of this one, and try again.', '$ roadie version'],
    });
  }
  await operationsDone(options);
  const byUnit = before !== undefined && (await unitRuns(before.pid));
  if (byUnit) await restartUnit();
  else {
    if (before) signalProcess(before.pid, 'SIGTERM');
    const gone = (): boolean => before === undefined || look(before.pid)?.dead !== false;
    for (const end = performance.now() + patienceMs; !gone() && performance.now() < end;) await delay(askAgainMs);
  }
  // A process that counts as dead may still answer for a moment: its other threads hold its socket. So it is asked for until one is there.
  const start = (): Promise<void> => (byUnit ? Promise.resolve() : startDaemon(layout, options.daemon));
  return { before, after: await newDaemon(options, before?.pid, start) };
}

/** A deploy that is cut short is finished or undone by the next one; better not to cut it. */
async function operationsDone({ layout, waiting }: UpgradeOptions): Promise<void> {
  for (let told = false; ; told = true) {
    const job = (await ask(layout.socket))?.job;
    if (job === undefined) return;
    if (!told) waiting(job);
    await delay(500);
  }
}

async function newDaemon(
  { layout }: UpgradeOptions,
  before: number | undefined,
  start: () => Promise<void>,
): Promise<RunningDaemon> {
  for (const end = performance.now() + patienceMs; performance.now() < end;) {
    await start();
    const found = await describeDaemon(layout.socket);
    if (found && found.pid !== before) return found;
    await delay(askAgainMs);
  }
  throw new ProblemError({
    code: 'daemon-failed',
    summary: `The new daemon does not answer after ${patienceMs / 1000} s`,
    where: { file: layout.daemonLog },
    cure: ['The sites go on without it. Read its log, then start it:', '$ roadie daemon start'],
  });
}

async function describeDaemon(socket: string): Promise<RunningDaemon | undefined> {
  const found = await ask(socket);
  return found && { pid: found.pid, version: found.version };
}

/** Read with forbearance: it may be a daemon of another version. Undefined where none answers. */
async function ask(socket: string): Promise<(RunningDaemon & { readonly job: string | undefined }) | undefined> {
  let answer: unknown;
  try {
    answer = await new DaemonApi(socket).askUnchecked('status');
  } catch (error) {
    // It may hang up in mid-answer, as one does that ends.
    if (error instanceof ProblemError && error.problems[0].code.startsWith('daemon-')) return undefined;
    throw error;
  }
  const daemon = field(answer, 'daemon');
  const [pid, version] = [field(daemon, 'pid'), field(daemon, 'version')];
  const kind = field(field(daemon, 'operation'), 'kind');
  if (typeof pid !== 'number') return undefined;
  return {
    pid,
    version: typeof version === 'string' ? version : 'of an unknown version',
    job: typeof kind === 'string' ? kind : undefined,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
