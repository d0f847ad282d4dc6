import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

import type { RunAs } from '../supervisor/service.ts';
import { asUser } from './as-user.ts';

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

/** What commands see when nobody says otherwise. */
export const bareEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
};

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
  const nice = options.nice === undefined ? [] : ['/usr/bin/nice', '-n', String(options.nice)];
  const {
    command: [program, ...rest],
    environment,
  } = asUser(options.user, {
    command: [...nice, ...command] as [string, ...string[]],
    environment: options.environment ?? bareEnvironment,
  });
  const child = spawn(program, rest, {
    cwd: options.directory ?? '/',
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
      stderr.add(`${error.message}\n`);
      resolve(127);
    });
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
