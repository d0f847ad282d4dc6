import { posix } from 'node:path';

import { askedQuestion, type MigrationState, questionProblem } from '../../django/migrations/migrations.ts';
import { ensureFolder, readText, removeFile, writeAtomically } from '../../machine/files/files.ts';
import { linkOnTheWay } from '../../machine/files/links.ts';
import { groupReads, sealTree } from '../../machine/files/seal.ts';
import { listFolder } from '../../machine/files/tree.ts';
import { endUser } from '../../machine/processes/end-user.ts';
import { readInside } from '../../machine/processes/inside.ts';
import { currentUser } from '../../machine/users/users.ts';
import { ProblemError } from '../../problems/problem.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import { type BuildContext, required } from '../context.ts';
import { inRelease, pythonError } from '../manage.ts';
import { askQuestions } from '../questions.ts';
import type { Step } from '../step.ts';

type App = MigrationState['bare'][number];

/**
 * Where a project leaves its migrations to whoever runs it: those that earlier releases have made are laid into this one, Django makes
 * what is missing, and all are kept before any is applied. Of the kept ones only those count that the database has: what was made
 * for a release that came to nothing is made anew.
 */
export const makeMigrations: Step<BuildContext> = {
  name: 'make-migrations',
  title: 'Make the migrations that the project leaves out',
  async run(context) {
    const { state, builder, sealed, blueprint } = context;
    const questions = required(context, 'questions');
    const found = await questions.migrations();
    if (!found) return { skipped: 'Django could not tell about them' };
    const before = await listFolder(keptMigrations(context));
    const wanted = found.bare.filter(
      ({ label }) =>
        before.includes(label) || (blueprint.facts.makesMigrations !== undefined && found.unmade.includes(label)),
    );
    if (wanted.length === 0) return { skipped: 'It leaves none out' };
    await questions.stop();
    for (const app of wanted) await layKept(context, app, found.applied);
    const labels = wanted.map(({ label }) => label);
    const input = (await readText(posix.join(pythonFolder, 'make_migrations.py'))) ?? '';
    const result = await inRelease(context, [context.paths.python, '-', ...labels], { input, timeoutSeconds: 300 });
    if (builder) await endUser(builder);
    for (const app of wanted)
      sealTree(folderOf(context, app), {
        from: builder ? [builder.uid, 0] : [currentUser().uid],
        to: sealed,
        modes: groupReads,
      });
    if (result.code !== 0) throw new ProblemError(notMade(labels, result.stderr, context.log));
    const question = askedQuestion(result.stdout);
    if (question !== undefined) throw new ProblemError(questionProblem(labels, question, context.log));
    const made: string[] = [];
    for (const app of wanted) made.push(...(await keep(context, app)));
    // It has seen the project without them.
    state.questions = await askQuestions(context);
    const fresh = made.filter((name) => !found.applied.includes(name));
    return { detail: fresh.length > 0 ? `${fresh.join(', ')}, kept in the site's data` : 'All were kept' };
  },
};

/** Root's: what is in it is code, which the site must not be able to change. */
function keptMigrations({ place }: BuildContext): string {
  return posix.join(place.folders.data, 'migrations');
}

function folderOf({ paths }: BuildContext, { folder }: App): string {
  return posix.join(paths.root, folder);
}

/** Makes the app's folder of migrations the build's to write in, with those that earlier releases have made and applied. */
async function layKept(context: BuildContext, app: App, applied: readonly string[]): Promise<void> {
  const { paths, builder, sealed } = context;
  const folder = folderOf(context, app);
  const link = await linkOnTheWay(paths.code, folder);
  if (link !== undefined) throw new Error(`${link} is a link, in which no migrations can be made`);
  const kept = posix.join(keptMigrations(context), app.label);
  const ownership = builder && { uid: builder.uid, gid: builder.gid };
  const files = (await migrationFiles(kept)).filter((file) => applied.includes(nameOf(app, file)));
  await ensureFolder(folder, { mode: 0o700 });
  for (const file of files)
    await writeAtomically(posix.join(folder, file), (await readText(posix.join(kept, file))) ?? '', {
      mode: 0o640,
      ownership: sealed,
    });
  if (!(await listFolder(folder)).includes('__init__.py'))
    await writeAtomically(posix.join(folder, '__init__.py'), '', { mode: 0o640, ownership: sealed });
  // Root has written in it while it was root's.
  await ensureFolder(folder, { mode: 0o755, ownership });
}

/** Takes over what the folder has now. Returns the names of its migrations, as `app.0001_name`. */
async function keep(context: BuildContext, app: App): Promise<readonly string[]> {
  const folder = folderOf(context, app);
  const kept = posix.join(keptMigrations(context), app.label);
  const files = await migrationFiles(folder);
  await ensureFolder(keptMigrations(context), { mode: 0o700 });
  await ensureFolder(kept, { mode: 0o700 });
  for (const file of files)
    await writeAtomically(posix.join(kept, file), (await readInside(folder, file)) ?? '', { mode: 0o600 });
  for (const file of await migrationFiles(kept)) if (!files.includes(file)) await removeFile(posix.join(kept, file));
  return files.map((file) => nameOf(app, file));
}

async function migrationFiles(folder: string): Promise<readonly string[]> {
  return (await listFolder(folder)).filter((name) => /^(?!__)\w+\.py$/.test(name)).toSorted();
}

function nameOf({ label }: App, file: string): string {
  return `${label}.${file.slice(0, -'.py'.length)}`;
}

function notMade(
  labels: readonly string[],
  stderr: string,
  log: string,
): ConstructorParameters<typeof ProblemError>[0] {
  return {
    code: 'migrations-missing',
    summary: `The migrations of ${labels.join(', ')} could not be made; the database is as it was`,
    detail: pythonError(stderr),
    cure: [
      `Fix what Django names; or make them yourself and commit them: python manage.py makemigrations ${labels.join(' ')}`,
      `The whole output: ${log}`,
    ],
  };
}
