import * as z from 'zod';

import type { Problem } from '../../problems/problem.ts';
import { lineBehind } from '../marked-line.ts';

/** The line before the answer of `python/migrations.py`. */
export const migrationsMarker = '--- roadie migrations ---';

const riskKinds = ['removed', 'renamed', 'required', 'tightened', 'retyped', 'indexed', 'unread'] as const;

const risksSchema = z.array(
  z.strictObject({ migration: z.string(), operation: z.string(), kind: z.enum(riskKinds), subject: z.string() }),
);

const stateSchema = z.strictObject({
  applied: z.array(z.string()),
  pending: z.array(z.string()),
  /** Whether code besides Django's own waits for `migrate`, even where it has nothing to do. */
  hooks: z.boolean(),
  risks: risksSchema,
  /** The project's own apps that have models without a table, and no migrations that would make one. */
  unmade: z.array(z.string()),
  /** Those that have models and no migrations, with or without tables; `folder`: where those would be, relative to the one with manage.py. */
  bare: z.array(
    z.strictObject({
      label: z.string().regex(/^\w+$/),
      folder: z.string().regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0]+$/),
    }),
  ),
  /** Those whose models have changes that no migration has. */
  changed: z.array(z.string()),
  /** Extensions of PostgreSQL that the migrations ahead make. */
  extensions: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/)),
});

/** Which migrations are applied, as `app.0001_name`, which are not, and what of the latter is a risk for the release that runs. */
export type MigrationState = z.infer<typeof stateSchema>;

/** One operation of a migration that needs a thought before it meets a running site. */
export type MigrationRisk = MigrationState['risks'][number];

/** Reads what `python/migrations.py` printed; undefined where it printed something else. */
export function readMigrationState(stdout: string): MigrationState | undefined {
  const place = stdout.lastIndexOf(migrationsMarker);
  if (place < 0) return undefined;
  try {
    const parsed = stateSchema.safeParse(JSON.parse(stdout.slice(place + migrationsMarker.length).trim()));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Reads what `python/scan/pending_migrations.py` printed; empty where it printed something else. */
export function readRisks(stdout: string): readonly MigrationRisk[] {
  try {
    return risksSchema.safeParse(JSON.parse(stdout)).data ?? [];
  } catch {
    return [];
  }
}

/**
 * The files of migrations that are not applied, of apps that have some that are: a new app's tables are met by nobody. Only
 * apps whose label is the name of their folder are known, as nearly all are.
 */
export function pendingFiles(files: readonly string[], applied: readonly string[]): readonly string[] {
  const known = new Set(applied);
  const apps = new Set(applied.map((name) => name.slice(0, name.indexOf('.'))));
  return files.filter((file) => {
    const [, app = '', name = ''] = /(?:^|\/)(\w+)\/migrations\/(\w+)\.py$/.exec(file) ?? [];
    return apps.has(app) && !name.startsWith('__') && !known.has(`${app}.${name}`);
  });
}

/** What is wrong where apps have models and nothing that makes their tables; undefined where none has. */
export function unmadeProblem(apps: readonly string[], log: string): Problem | undefined {
  if (apps.length === 0) return undefined;
  const several = apps.length > 1;
  return {
    code: 'migrations-missing',
    summary: `${apps.join(', ')} ${several ? 'have' : 'has'} models and no migrations, so ${several ? 'their' : 'its'} tables would not exist`,
    detail: 'Every page that asks for one of them would answer 500.',
    cure: [
      `$ python manage.py makemigrations ${apps.join(' ')}`,
      `Commit what it writes (and take the migrations out of .gitignore, where they are in it), then run the same command again.`,
      `The whole output: ${log}`,
    ],
  };
}

/** The line before the answer of `python/make_migrations.py`. */
const madeMarker = '--- roadie made ---';

const madeSchema = z.strictObject({ asked: z.string().nullable() });

/** What `makemigrations` would have asked; undefined where it asked nothing. */
export function askedQuestion(stdout: string): string | undefined {
  const line = lineBehind(madeMarker, stdout);
  return line === undefined ? undefined : (madeSchema.parse(JSON.parse(line)).asked ?? undefined);
}

/** Why migrations cannot be made without somebody who answers: the question, and how to answer it in the code. */
export function questionProblem(apps: readonly string[], question: string, log: string): Problem {
  return {
    code: 'migrations-undecided',
    summary: `\`makemigrations\` has a question about the models of ${apps.join(', ')}: ${question.split(/(?<=[.?]) /)[0] ?? question}`,
    detail: `It asks: ${question}\nNothing was made, and the database is as it was.`,
    cure: [
      'Answer it in the models, then run the same command again: give a new field `default=…` or `null=True`; keep the old name of a renamed field by `db_column` or `related_name`, or rename it and its data in a migration of your own.',
      `Or make the migrations yourself and commit them: python manage.py makemigrations ${apps.join(' ')}`,
      `The whole output: ${log}`,
    ],
  };
}

/** For people, where models have changed since their last migration: nothing is refused for that. */
export function changedSentence(apps: readonly string[]): string | undefined {
  if (apps.length === 0) return undefined;
  return `The models of ${apps.join(', ')} have changes that no migration has, so the database does not get them: \`python manage.py makemigrations ${apps.join(' ')}\` writes them`;
}

/** A risk as a sentence with its cure. */
export function riskSentence(risk: MigrationRisk): string {
  const { what, why, cure } = explainRisk(risk);
  return `${what}: ${why}. ${cure}`;
}

/** Whether code from before a migration fails once it has been applied: then there is no going back behind it. */
export function isBorder(risk: MigrationRisk): boolean {
  return risk.kind === 'removed' || risk.kind === 'renamed' || risk.kind === 'required' || risk.kind === 'tightened';
}

const advice: Readonly<Record<MigrationRisk['kind'], { readonly why: string; readonly cure: string }>> = {
  removed: {
    why: 'the release that runs until the switch still asks for it',
    cure: 'Take it out of the code in one release and out of the database in the next.',
  },
  renamed: {
    why: 'the release that runs until the switch knows it by its old name',
    cure: 'Add the new one, copy the data, and remove the old one in a later release; or keep the name with db_column or db_table.',
  },
  required: {
    why: 'the release that runs until the switch does not give it a value, so its INSERTs fail',
    cure: 'Give it db_default (Django 5.0), or null=True first and the constraint in a later release.',
  },
  tightened: {
    why: 'the release that runs until the switch may still write NULL',
    cure: 'Have the code write a value in one release, and forbid NULL in the next.',
  },
  retyped: {
    why: 'the table is written anew while nobody else can use it',
    cure: 'On a large table add a new column, copy in batches and switch over.',
  },
  indexed: {
    why: 'writers of the table wait until it is built',
    cure: 'On a large PostgreSQL table use AddIndexConcurrently with atomic = False.',
  },
  unread: {
    why: 'it is SQL or Python of your own, which Roadie cannot judge',
    cure: 'See that the code before it can live with it.',
  },
};

/** A risk in the words of `check`: what, why it matters, the cure. */
export function explainRisk(risk: MigrationRisk): {
  readonly what: string;
  readonly why: string;
  readonly cure: string;
} {
  return { what: `${risk.migration}: ${risk.operation} (${risk.subject})`, ...advice[risk.kind] };
}

/**
 * What stands between going back from a release to an earlier one: risks of migrations that the earlier one did not have
 * applied and that its code cannot live with.
 */
export function borderBetween(
  newer: readonly { readonly applied: readonly string[]; readonly risks: readonly MigrationRisk[] }[],
  target: { readonly applied: readonly string[] },
): readonly MigrationRisk[] {
  const known = new Set(target.applied);
  return newer.flatMap((release) => release.risks).filter((risk) => isBorder(risk) && !known.has(risk.migration));
}
