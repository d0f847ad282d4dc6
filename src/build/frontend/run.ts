import { posix } from 'node:path';

import type { FrontEnd } from '../../django/facts.ts';
import { nodeNetwork, type NodeTools } from '../../machine/packages/node-tools.ts';
import { bareEnvironment, type RunResult } from '../../machine/processes/run.ts';
import type { Problem } from '../../problems/problem.ts';
import { asBuilder } from '../as-builder.ts';
import type { BuildContext } from '../context.ts';
import { frontEndProblem } from './node-words.ts';

/** Has the managers of packages and what they start be quiet, ask nothing, and leave out what only a developer's machine has use for. */
const quiet: Readonly<Record<string, string>> = {
  NO_COLOR: '1',
  ADBLOCK: '1',
  DISABLE_OPENCOLLECTIVE: '1',
  COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  GIT_TERMINAL_PROMPT: '0',
  HUSKY: '0',
  CYPRESS_INSTALL_BINARY: '0',
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
  PUPPETEER_SKIP_DOWNLOAD: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  YARN_ENABLE_TELEMETRY: '0',
  YARN_ENABLE_GLOBAL_CACHE: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_progress: 'false',
  npm_config_update_notifier: 'false',
  npm_config_yes: 'true',
  // pnpm would fetch itself in the version that `packageManager` names, which is the one that runs already.
  npm_config_manage_package_manager_versions: 'false',
};

/** Installs a front end's packages and builds it, all as the build's user. Answers what failed. */
export async function runBuild(
  context: BuildContext,
  frontEnd: FrontEnd,
  tools: NodeTools,
  variables: Readonly<Record<string, string>>,
): Promise<Problem | undefined> {
  const environment = await buildEnvironment(context, tools);
  // A build has need of what package.json lists for development: bundlers stand there.
  const install = { ...environment, ...frontEnd.variables, ...variables, NODE_ENV: 'development' };
  const build = { ...environment, NODE_ENV: 'production', ...frontEnd.variables, ...variables };
  const steps = [
    { command: frontEnd.install, folder: frontEnd.manager.folder, environment: install },
    ...frontEnd.commands.map((command) => ({ command, folder: frontEnd.folder, environment: build })),
  ];
  for (const { command, folder, environment: given } of steps) {
    const result = await inFolder(context, folder, command, given);
    if (result.code !== 0)
      return frontEndProblem(`${result.stdout}\n${result.stderr}`, {
        folder,
        command,
        node: tools.version,
        log: context.log,
        timedOut: result.timedOut,
      });
  }
  return undefined;
}

/** Nothing of the site's environment: what is installed runs its authors' code and needs no secret. */
async function buildEnvironment(context: BuildContext, tools: NodeTools): Promise<Readonly<Record<string, string>>> {
  const { place, builder, paths, surroundings } = context;
  return {
    ...bareEnvironment,
    PATH: `${tools.bin}:${paths.bin}:${bareEnvironment['PATH'] ?? ''}`,
    HOME: builder ? place.folders.build : place.folders.cache,
    LC_ALL: 'C.UTF-8',
    ...quiet,
    npm_config_nodedir: tools.node,
    ...(await nodeNetwork(surroundings.network)),
  };
}

function inFolder(
  context: BuildContext,
  folder: string,
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = bareEnvironment,
): Promise<RunResult> {
  // Found by the PATH that is given.
  const found = ['/usr/bin/env', '--', ...command] as const;
  return asBuilder(context, found, { directory: posix.join(context.paths.code, folder), environment });
}

/** The folders of installed packages in the code, absolute. */
export async function modulesFolders(context: BuildContext): Promise<ReadonlySet<string>> {
  const words = ['find', '.', '-type', 'd', '-name', 'node_modules', '-prune', '-print'] as const;
  const found = await inFolder(context, '.', words);
  return new Set(found.stdout.split('\n').filter((line) => line !== ''));
}

/** Removes what was installed beside those folders: the site has no use for it. */
export async function removeModules(context: BuildContext, before: ReadonlySet<string>): Promise<void> {
  const made = [...(await modulesFolders(context))].filter((folder) => !before.has(folder));
  if (made.length > 0) await inFolder(context, '.', ['rm', '-rf', '--', ...made]);
}

/** Arguments: files, each of which becomes one of its own. */
const copyEach = 'for file; do cp -p -- "$file" "$file.~roadie" && mv -f -- "$file.~roadie" "$file" || exit 1; done';

/**
 * Gives each name in the code a file of its own: packages link theirs to each other and to their manager's store, and what root takes
 * over must be nobody's else.
 */
export async function separateLinks(context: BuildContext): Promise<void> {
  const words = ['find', '.', '-type', 'f', '-links', '+1', '-exec', 'sh', '-c', copyEach, 'sh', '{}', '+'] as const;
  await inFolder(context, '.', words);
}
