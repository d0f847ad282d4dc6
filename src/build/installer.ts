import { posix } from 'node:path';

import { installerEnvironment } from '../machine/packages/uv.ts';
import type { RunResult } from '../machine/processes/run.ts';
import { asBuilder } from './as-builder.ts';
import type { BuilderContext, BuildState, ReleasePaths } from './context.ts';

/** The beginning of a command that installs distributions into a virtualenv. */
export function installCommand(
  installer: BuildState['installer'],
  { python, bin }: Pick<ReleasePaths, 'python' | 'bin'>,
): [string, ...string[]] {
  // Copies, not links: what root owns at the end must not be the cache's own file, which builds can write.
  if (installer?.kind === 'uv')
    return [
      installer.path,
      'pip',
      'install',
      '--python',
      python,
      '--link-mode=copy',
      '--compile-bytecode',
      '--no-progress',
    ];
  return [posix.join(bin, 'pip'), 'install', '--no-input', '--progress-bar=off'];
}

/** Runs an installer as the build's user, in the project's code, with the caches of builds. */
export async function runInstaller(
  context: BuilderContext,
  command: readonly [string, ...string[]],
): Promise<RunResult> {
  const { builder, paths, place, surroundings } = context;
  const home = builder ? place.folders.build : place.folders.cache;
  const environment = await installerEnvironment(home, surroundings.network);
  return asBuilder(context, command, { directory: paths.code, environment });
}
