import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import type { RunAs } from '../supervisor/service.ts';
import { asUser } from './as-user.ts';

/** A command with this process's own terminal. */
export type InteractiveCommand = {
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: RunAs;
};

/**
 * Runs a command with this process's input, output and terminal, and resolves with its exit code: 128 + the signal's number
 * where a signal ended it, 127 where it could not be started (the reason goes to standard error).
 */
export async function runInteractively(interactive: InteractiveCommand): Promise<number> {
  const { command, environment } = asUser(interactive.user, interactive);
  const [program, ...rest] = command;
  // The terminal sends Ctrl-C to both of us; what it means is the command's to say.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGQUIT', ignore);
  try {
    return await new Promise((resolve) => {
      const child = spawn(program, rest, {
        cwd: interactive.directory,
        env: { ...environment },
        stdio: 'inherit',
      });
      child.once('error', (error) => {
        process.stderr.write(`${error.message}\n`);
        resolve(127);
      });
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGQUIT', ignore);
  }
}
