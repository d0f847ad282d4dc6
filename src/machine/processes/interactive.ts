import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import type { RunAs, ViewSpec } from '../../services/service.ts';
import { asUser } from './as-user.ts';
import type { Confined, Confiner } from '../bounds/confiner.ts';

/** A command with this process's own terminal. */
export type InteractiveCommand = {
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: RunAs;
  /** The site that it belongs to, and what it sees of the machine. */
  readonly site?: string;
  readonly view?: ViewSpec;
};

/** Where a site's memory runs out, a command goes before its services and after its builds. */
const commandScore = 500;

/**
 * Runs a command with this process's input, output and terminal, and resolves with its exit code: 128 + the signal's number
 * where a signal ended it, 127 where it could not be started (the reason goes to standard error).
 */
export async function runInteractively(interactive: InteractiveCommand, confiner?: Confiner): Promise<number> {
  const { end, ...prepared } = prepare(interactive, confiner);
  const [program, ...rest] = prepared.command;
  // The terminal sends Ctrl-C to both of us; what it means is the command's to say.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGQUIT', ignore);
  try {
    return await new Promise((resolve) => {
      const child = spawn(program, rest, {
        cwd: prepared.directory,
        env: { ...prepared.environment },
        stdio: 'inherit',
      });
      child.once('error', (error) => {
        process.stderr.write(`${error.message}\n`);
        resolve(127);
      });
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    if (end() > 0)
      process.stderr.write('The kernel ended it for want of memory: [limits] in roadie.toml gives the site more.\n');
    process.off('SIGINT', ignore);
    process.off('SIGQUIT', ignore);
  }
}

/** The command as its user, confined to its site where there is one; all that it has started ends with it. */
function prepare(
  { command, environment, directory, user, site, view }: InteractiveCommand,
  confiner: Confiner | undefined,
): Confined & { readonly end: () => number } {
  if (!user || !confiner || site === undefined)
    return { ...asUser(user, { command, environment }), directory, end: () => 0 };
  return confiner.transient(
    { command, environment },
    { user, directory, tied: true },
    { site, name: 'run', view, oomScore: commandScore },
  );
}
