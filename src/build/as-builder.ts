import type { RunOptions, RunResult } from '../machine/processes/run.ts';
import { runTied } from '../machine/processes/tied.ts';
import { confinedBuild } from './confined.ts';
import { type BuilderContext, buildNice } from './context.ts';

/** A command may take this long: compiling packages does. */
const timeoutSeconds = 1800;

/**
 * Runs what installs or builds: as the build's user, niced and confined, with nothing but the environment that is given (it runs
 * its authors' code and needs no secret of the site's), its output in the build's log. Ends with the operation.
 */
export function asBuilder(
  context: BuilderContext,
  command: readonly [string, ...string[]],
  options: Required<Pick<RunOptions, 'directory' | 'environment'>>,
): Promise<RunResult> {
  const { log, builder, surroundings } = context;
  return runTied(command, {
    ...options,
    log,
    nice: buildNice,
    timeoutSeconds,
    ...(builder && { user: builder }),
    ...confinedBuild(context),
    ...(surroundings.signal && { signal: surroundings.signal }),
  });
}
