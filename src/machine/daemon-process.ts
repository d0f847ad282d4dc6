import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ProblemError } from '../problems/problem.ts';
import { beginAnew } from './logs/log-rotation.ts';
import { ensureFolder, readText } from './files/files.ts';
import type { Layout } from './layout.ts';
import { systemProblem } from './system-errors.ts';
import { typed } from '../problems/shell-word.ts';

/** How long a daemon may take until it answers: it takes the lock, reads a few files and binds a socket. */
const patienceMs = 15_000;

/** What the daemon itself says is little: it is enough to look at its log's length when one starts. */
const logBytes = 4 * 1024 * 1024;

/**
 * Starts the daemon in a session of its own, its output going to the daemon's log, and resolves once it answers.
 * Where one runs already this does nothing. Throws `daemon-failed` with the log's last lines.
 */
export async function startDaemon(layout: Layout, command: readonly [string, ...string[]]): Promise<void> {
  if (await answers(layout.socket)) return;
  const log = await openLog(layout.daemonLog);
  const [program, ...rest] = command;
  const child = spawn(program, rest, { cwd: '/', detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let end: string | undefined;
  child.once('error', (error) => {
    end = error.message;
  });
  child.once('exit', (code, signal) => {
    end = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  child.unref();
  const deadline = performance.now() + patienceMs;
  while (!(await answers(layout.socket))) {
    if (end !== undefined || performance.now() > deadline) {
      const lines = ((await readText(layout.daemonLog)) ?? '').trimEnd().split('\n').slice(-10).join('\n');
      throw new ProblemError({
        code: 'daemon-failed',
        summary: `The daemon did not start: ${end ?? `it does not answer on ${layout.socket} after ${patienceMs / 1000} s`}`,
        detail: lines,
        where: { file: layout.daemonLog },
        cure: ['Read its log, then try to run it in the foreground:', '$ roadie daemon run'],
      });
    }
    await delay(20);
  }
}

/** Throws `daemon-failed` where the folder of Roadie's files cannot be made: nothing else can be done there either. */
async function openLog(path: string): Promise<number> {
  try {
    await ensureFolder(dirname(path), { mode: 0o700 });
    beginAnew(path, logBytes);
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new ProblemError(
      systemProblem(error) ?? {
        code: 'daemon-failed',
        summary: `The daemon's log ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        where: { file: path },
        cure: ['Look at the folder and its file system.', `$ ls -ld ${typed(dirname(path))}`],
      },
    );
  }
}

/** Whether something accepts connections on a unix socket. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
