import { run } from '../../machine/processes/run.ts';
import { ProblemError } from '../../problems/problem.ts';
import { type BuildContext, required } from '../context.ts';
import { siteDatabase } from '../site-database.ts';
import type { Step } from '../step.ts';

/**
 * Makes the extensions that the migrations ahead ask for, as the site's database server's own administrator: the site's role may not,
 * and a migration that is refused half-way helps nobody. Nothing has been migrated yet.
 */
export const makeExtensions: Step<BuildContext> = {
  name: 'extensions',
  title: 'Make the extensions that the migrations need',
  async run(context) {
    const names = (await required(context, 'questions').migrations())?.extensions ?? [];
    if (names.length === 0) return { skipped: 'They need none' };
    const found = siteDatabase(context);
    const user = found && context.place.users.component[found.name];
    for (const name of names) {
      const command = found?.database.extension?.(found.options, context.place, name);
      if (!found || !command) return { skipped: "The database is not the site's own, and its owner makes them" };
      const made = await run(command, user ? { user } : {});
      const packageName = found.database.extensionPackage?.(found.options, name) ?? name;
      if (made.code !== 0) throw new ProblemError(missing(name, packageName, made.stderr));
    }
    return { detail: names.join(', ') };
  },
};

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
