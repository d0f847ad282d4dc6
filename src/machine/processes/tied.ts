import { run, type RunOptions, type RunResult } from './run.ts';

/**
 * Runs a command as `run` does, that the kernel ends when this process is killed: a build that was cut short must not go on
 * installing or migrating beside its successor.
 */
export function runTied(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  return run(command, { ...options, tied: true });
}
