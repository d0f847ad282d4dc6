import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

import type { RunAs } from '../../services/service.ts';
import { asUser, type Spawned } from './as-user.ts';
import type { Confiner, TransientGroup } from '../bounds/confiner.ts';
import { bareEnvironment, tie } from './tie.ts';

export type RunOptions = {
  readonly directory?: string;
  /** The whole environment; default: a bare one with PATH, LANG and HOME. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: RunAs;
  /** Standard input; none by default. */
  readonly input?: string;
  /** Everything that the command prints is added to this file as well. */
  readonly log?: string;
  /** Niceness to run at, 0 to 19. */
  readonly nice?: number;
  /** Kill its process group after this many seconds. Default 900. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** The kernel ends it when this process is killed. */
  readonly tied?: boolean;
  /** Where it belongs to a site's users: what it is confined to. All that it has started ends with it. Counts with `user` alone. */
  readonly confined?: TransientGroup & { readonly confiner: Confiner };
  /** Called with what it prints on standard output, as it comes. */
  readonly onOutput?: (chunk: Buffer) => void;
};

export type RunResult = {
  /** Exit code; 128 + the signal's number where a signal ended it; 127 where it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  readonly timedOut: boolean;
};

export { bareEnvironment };

/** Output beyond this many bytes is dropped from the middle of the result (the log has it all). */
const outputLimit = 4 * 1024 * 1024;

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/**
 * Runs a command to its end, in a session of its own so that a time-out ends all of it. Never goes through a shell and never
 * throws for a command that fails: look at `code`.
 */
export async function run(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  const began = performance.now();
  const {
    command: [program, ...rest],
    environment,
    directory,
    end,
  } = prepare(command, options);
  const child = spawn(program, rest, {
    cwd: directory,
    env: { ...environment },
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: 'a', mode: 0o600 });
  log?.on('error', () => undefined);
  log?.write(`$ ${command.join(' ')}\n`);
  const stdout = collect(child.stdout, log);
  const stderr = collect(child.stderr, log);
  if (options.onOutput) child.stdout?.on('data', options.onOutput);
  if (options.input !== undefined) {
    // A command that exits without reading makes this an EPIPE, which its exit code tells better.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
  }
  let timedOut = false;
  const kill = (): void => {
    end();
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself in the meantime.
    }
  };
  const timer = setTimeout(
    () => {
      timedOut = true;
      kill();
    },
    (options.timeoutSeconds ?? 900) * 1000,
  );
  options.signal?.addEventListener('abort', kill, { once: true });
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      end();
      stderr.add(`${error.message}\n`);
      resolve(127);
    });
    // What it has left behind would hold its output open.
    child.once('exit', () => end() > 0 && stderr.add(outOfMemory));
    child.once('close', (exit, signal) => resolve(exit ?? 128 + (signalNumbers[signal ?? ''] ?? 0)));
  });
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', kill);
  if (log) {
    log.end();
    await finished(log).catch(() => undefined);
  }
  return { code, stdout: stdout.text(), stderr: stderr.text(), seconds: (performance.now() - began) / 1000, timedOut };
}

/** Said behind what a command has printed, as if it had known. */
const outOfMemory =
  'The kernel ended it for want of memory: [limits] in roadie.toml says how much the site and its builds may use.\n';

/** What is spawned, and how all of it is ended. */
function prepare(
  command: readonly [string, ...string[]],
  { user, environment = bareEnvironment, directory = '/', nice, tied = false, confined }: RunOptions,
): Spawned & { readonly directory: string; readonly end: () => number } {
  const whole: readonly [string, ...string[]] =
    nice === undefined ? command : ['/usr/bin/nice', '-n', String(nice), ...command];
  if (user && confined)
    return confined.confiner.transient({ command: whole, environment }, { user, directory, tied }, confined);
  const spawned = asUser(user, { command: tied ? tie(whole) : whole, environment });
  return { ...spawned, directory, end: () => 0 };
}

function collect(
  stream: NodeJS.ReadableStream | null,
  log: NodeJS.WritableStream | undefined,
): { text(): string; add(text: string): void } {
  const chunks: Buffer[] = [];
  let size = 0;
  const add = (chunk: Buffer): void => {
    log?.write(chunk);
    chunks.push(chunk);
    size += chunk.length;
    // The first chunk names the command's own context, the last ones the error: the middle goes.
    while (size > outputLimit && chunks.length > 2) size -= chunks.splice(1, 1)[0]?.length ?? 0;
  };
  stream?.on('data', add);
  return { text: () => Buffer.concat(chunks).toString('utf8'), add: (text) => add(Buffer.from(text)) };
}
