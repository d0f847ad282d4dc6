import { findComponent } from '../../components/index.ts';
import { run } from '../../machine/processes/run.ts';
import { ProblemError } from '../../problems/problem.ts';
import { type BuildContext, required } from '../context.ts';
import type { Step } from '../step.ts';

/**
 * Makes the extensions that the migrations ahead ask for, as the site's database server's own administrator: the site's role may not,
 * and a migration that is refused half-way helps nobody. Nothing has been migrated yet.
 */
export const makeExtensions: Step<BuildContext> = {
  name: 'extensions',
  title: 'Make the extensions that the migrations need',
  async run(context) {
    const found = await required(context, 'questions').migrations();
    const names = found?.extensions ?? [];
    const server = siteServer(context);
    if (names.length === 0 || !server) return { skipped: 'They need none' };
    for (const name of names) {
      const command = server.command(name);
      if (!command) continue;
      const made = await run(command, server.user ? { user: server.user } : {});
      if (made.code !== 0) throw new ProblemError(missing(name, server.package(name), made.stderr));
    }
    return { detail: names.join(', ') };
  },
};

/** The site's own server where Django uses it and there are extensions. */
function siteServer({ blueprint, place, state }: BuildContext) {
  const used = state.probe?.databases['default'];
  for (const { name, options } of blueprint.components) {
    const component = findComponent(name);
    const connections = component?.connections?.(options, place) ?? [];
    const database = component?.database;
    const isUsed = connections.some(
      (one) => one.kind === 'database' && one.host === used?.host && one.name === used.name,
    );
    if (!database || !isUsed) continue;
    return {
      user: place.users.component[name],
      command: (wanted: string) => database.extension?.(options, place, wanted),
      package: (wanted: string) => database.extensionPackage?.(options, wanted) ?? wanted,
    };
  }
  return undefined;
}

function missing(name: string, packageName: string, words: string): ConstructorParameters<typeof ProblemError>[0] {
  return {
    code: 'migration-failed',
    summary: `The migrations need the database's extension ${name}, which could not be made; nothing was migrated`,
    detail: words.trim(),
    cure: [
      "Install the package that has it, where your distribution or PostgreSQL's own repository has one, then run the same command again:",
      `$ apt-get install ${packageName}`,
    ],
  };
}
