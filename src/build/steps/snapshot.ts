import { posix } from 'node:path';

import { listFolder } from '../../machine/files/tree.ts';
import { removeFile } from '../../machine/files/files.ts';
import { runTied } from '../../machine/processes/tied.ts';
import { ProblemError } from '../../problems/problem.ts';
import { type BuildContext, buildNice } from '../context.ts';
import { lastLines } from '../manage.ts';
import { siteDatabase } from '../site-database.ts';
import type { Step } from '../step.ts';

/** How many snapshots of a site are kept, the newest of them. */
const kept = 3;

const ours = /^before-.+\.sql(\.new)?$/;

/**
 * The file is there whole or not at all, and only root can read it: it has all that visitors have written. Arguments after the
 * script: the file while it is written, the file, the command that writes the database down.
 */
const write = `set -eu
umask 077
new=$1 file=$2; shift 2
"$@" >"$new"
sync "$new"
mv -T -- "$new" "$file"
sync "$(dirname "$file")"`;

/**
 * Writes the site's database down before it is migrated, where the database cannot undo a migration that fails half-way. Without
 * that nothing is migrated. The step's file stays: it is what the owner goes back to.
 */
export const snapshotDatabase: Step<BuildContext> = {
  name: 'snapshot',
  title: 'Save the database as it is before the migrations',
  async run(context) {
    if (context.state.migrated === true) return { skipped: 'Nothing to migrate' };
    const found = siteDatabase(context);
    const snapshot = found?.database.snapshot?.(found.options, context.place);
    if (!snapshot) return { skipped: "The database undoes a failed migration itself, or is not the site's own" };
    const { backups } = context.place.folders;
    const file = posix.join(backups, `before-${context.id}.sql`);
    const command = ['/bin/sh', '-c', write, 'write', `${file}.new`, file, ...snapshot.command] as const;
    const result = await runTied(command, { nice: buildNice, timeoutSeconds: 3600 });
    if (result.code !== 0) {
      await removeFile(`${file}.new`);
      throw new ProblemError({
        code: 'migration-failed',
        summary: 'The database could not be saved before its migration, so it was not migrated',
        detail: lastLines(result.stderr, 5),
        cure: [`Make room in ${backups} or fix what is named above, and run the same command again.`],
      });
    }
    context.state.snapshot = { file, restore: snapshot.restore(file) };
    await keepNewest(backups);
    return { detail: file };
  },
};

/** Releases' names begin with their time, so the names' order is that of time. */
async function keepNewest(folder: string): Promise<void> {
  const files = (await listFolder(folder)).filter((name) => ours.test(name)).toSorted();
  for (const name of files.slice(0, -kept)) await removeFile(posix.join(folder, name));
}
