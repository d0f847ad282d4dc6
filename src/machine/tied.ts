import { run, type RunOptions, type RunResult } from './run.ts';

/**
 * Runs a command as `run` does, that the kernel ends when this process is killed: a build that was cut short must not go on
 * installing or migrating beside its successor. (setpriv is util-linux's, which every Debian has.) This process may die before the
 * kernel knows of the wish: the shell looks whether it is still the parent, and becomes the command only then.
 */
export function runTied(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  const guard = ['/bin/sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"', String(process.pid)];
  return run(['setpriv', '--pdeathsig', 'KILL', '--', ...guard, ...command], options);
}
