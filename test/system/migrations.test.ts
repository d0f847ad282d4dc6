import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  isBorder,
  type MigrationRisk,
  type MigrationState,
  pendingFiles,
  readMigrationState,
} from '../../src/django/migrations/migrations.ts';
import { pythonFolder, readPendingMigrations, scanProject } from '../../src/source/scan-project.ts';
import { run } from '../../src/machine/processes/run.ts';
import { oldestPython } from '../rig/pythons.ts';

/** The oldest Python that is promised, where it is here, with a Django that runs on it; and the machine's own. */
const pythons = [
  { python: 'python3', django: 'Django==5.2.*' },
  ...(oldestPython === undefined ? [] : [{ python: oldestPython, django: 'Django==4.2.*' }]),
];

const header = 'from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n';

const told = ({ migration, kind, subject }: MigrationRisk): string => `${migration} ${kind} ${subject}`;

/** A migration of the app `shop`. */
function migration(after: string | undefined, operations: readonly string[], extra = ''): string {
  const dependencies = after === undefined ? '[]' : `[("shop", "${after}")]`;
  return `${header}    dependencies = ${dependencies}\n${extra}    operations = [\n${operations.map((line) => `        ${line},\n`).join('')}    ]\n`;
}

const id = '("id", models.AutoField(primary_key=True))';

/** What the database has: applied before anybody asks. */
const first = migration(undefined, [
  `migrations.CreateModel("Book", [${id}, ("title", models.CharField(max_length=50, null=True)), ("year", models.IntegerField()), ("isbn", models.CharField(max_length=20))])`,
  `migrations.CreateModel("Author", [${id}, ("name", models.CharField(max_length=50))])`,
  `migrations.CreateModel("Shelf", [${id}])`,
  `migrations.CreateModel("Old", [${id}])`,
]);

describe.each(pythons)('the review of migrations on $python with $django', ({ python, django }) => {
  const base = mkdtempSync(join(tmpdir(), 'roadie-migrations-'));
  const bin = join(base, 'venv', 'bin', 'python');
  let count = 0;

  beforeAll(async () => {
    for (const command of [
      [python, '-m', 'venv', join(base, 'venv')],
      [bin, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', django],
    ] as const) {
      const ran = await run(command, { timeoutSeconds: 300 });
      if (ran.code !== 0) throw new Error(`${command.join(' ')}: ${ran.stdout}${ran.stderr}`);
    }
  }, 400_000);

  afterAll(() => rmSync(base, { recursive: true, force: true }));

  /** A project whose first migrations are applied, then given others: what the review says of those. */
  async function review(
    later: Readonly<Record<string, string>>,
    options: {
      readonly before?: Readonly<Record<string, string>>;
      readonly sql?: string;
      readonly gone?: readonly string[];
    } = {},
  ): Promise<MigrationState> {
    count += 1;
    const project = join(base, `project-${count}`);
    const write = (path: string, content: string): void => {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), content);
    };
    const environment = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', DJANGO_SETTINGS_MODULE: 'conf' };
    const python3 = async (...words: readonly string[]): Promise<string> => {
      const ran = await run([bin, ...words], { directory: project, environment, timeoutSeconds: 120 });
      if (ran.code !== 0) throw new Error(ran.stderr);
      return ran.stdout;
    };
    write(
      'conf.py',
      'SECRET_KEY = "x"\nINSTALLED_APPS = ["shop"]\nDATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}\n',
    );
    write('shop/__init__.py', '');
    write('shop/migrations/__init__.py', '');
    for (const [name, content] of Object.entries(options.before ?? { '0001_first': first }))
      write(`shop/migrations/${name}.py`, content);
    await python3('-m', 'django', 'migrate', '--verbosity', '0', '--pythonpath', '.');
    if (options.sql !== undefined)
      await python3(
        '-c',
        `import sqlite3\nwith sqlite3.connect("db.sqlite3") as db: db.execute(${JSON.stringify(options.sql)})`,
      );
    for (const name of options.gone ?? []) rmSync(join(project, `shop/migrations/${name}.py`));
    for (const [name, content] of Object.entries(later)) write(`shop/migrations/${name}.py`, content);
    const state = readMigrationState(await python3(join(pythonFolder, 'migrations.py')));
    if (!state) throw new Error('no answer');
    expect(await foreseen(project, state)).toEqual(state.risks.filter(isBorder).map(told));
    return state;
  }

  /** What the text of the pending migrations alone tells, which is what `plan` shows before anything is built. */
  async function foreseen(folder: string, { applied, pending }: MigrationState): Promise<readonly string[]> {
    const { files } = await scanProject(folder, { python });
    const found = pendingFiles(files, applied);
    expect(found).toEqual(pending.map((name) => `${name.replace('.', '/migrations/')}.py`));
    return (await readPendingMigrations(folder, found, { python })).filter(isBorder).map(told);
  }

  /** The kinds and subjects that operations are told as. */
  async function risks(...operations: readonly string[]): Promise<readonly (readonly [string, string])[]> {
    const state = await review({ '0002_next': migration('0001_first', operations) });
    expect(state.applied).toEqual(['shop.0001_first']);
    expect(state.pending).toEqual(['shop.0002_next']);
    return state.risks.map(({ kind, subject }) => [kind, subject] as const);
  }

  it('tells what is taken away or renamed', async () => {
    expect(
      await risks(
        'migrations.RemoveField("book", "isbn")',
        'migrations.RenameField("book", "title", "name")',
        'migrations.RenameModel("Author", "Writer")',
        'migrations.AlterModelTable("shelf", "shelves")',
        'migrations.DeleteModel("Old")',
        'migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("book", "year")])',
      ),
    ).toEqual([
      ['removed', 'shop.book.isbn'],
      ['renamed', 'shop.book.title'],
      ['renamed', 'shop.Author'],
      ['renamed', 'shop.shelf'],
      ['removed', 'shop.Old'],
      ['removed', 'shop.book.year'],
    ]);
  });

  it('tells what the running code does not fill in or may still leave empty', async () => {
    expect(
      await risks(
        'migrations.AddField("book", "price", models.IntegerField(default=0))',
        'migrations.AddField("book", "note", models.TextField(null=True))',
        'migrations.AddField("book", "authors", models.ManyToManyField("shop.author"))',
        'migrations.AlterField("book", "title", models.CharField(max_length=50, default=""))',
        'migrations.AlterOrderWithRespectTo("shelf", "old")',
      ),
    ).toEqual([
      ['required', 'shop.book.price'],
      ['tightened', 'shop.book.title'],
      ['required', 'shop.shelf._order'],
    ]);
  });

  it('tells what holds a lock for long', async () => {
    expect(
      await risks(
        'migrations.AlterField("book", "year", models.CharField(max_length=4))',
        'migrations.AlterField("book", "isbn", models.CharField(max_length=20, db_index=True))',
        'migrations.AlterField("author", "name", models.CharField(max_length=50, unique=True))',
        'migrations.AddIndex("book", models.Index(fields=["year"], name="by_year"))',
        'migrations.AddConstraint("book", models.UniqueConstraint(fields=["isbn"], name="one_isbn"))',
        'migrations.AlterUniqueTogether("book", {("isbn", "year")})',
      ),
    ).toEqual([
      ['retyped', 'shop.book.year'],
      ['indexed', 'shop.book.isbn'],
      ['indexed', 'shop.author.name'],
      ['indexed', 'shop.book'],
      ['indexed', 'shop.book'],
      ['indexed', 'shop.book'],
    ]);
  });

  it('tells a column that gets another name, and one that keeps it although its field does not', async () => {
    expect(
      await risks(
        'migrations.AlterField("book", "isbn", models.CharField(max_length=20, db_column="number"))',
        'migrations.AlterField("book", "year", models.IntegerField(db_column="year"))',
        'migrations.RenameField("book", "year", "printed")',
      ),
    ).toEqual([['renamed', 'shop.book.isbn']]);
  });

  it('says that it has not read SQL and Python of the project, nor operations that it does not know', async () => {
    expect(
      await risks(
        'migrations.RunSQL("SELECT 1", "")',
        'migrations.RunPython(lambda apps, editor: None)',
        'type("Odd", (migrations.RunPython,), {})(lambda apps, editor: None)',
      ),
    ).toEqual([
      ['unread', 'shop'],
      ['unread', 'shop'],
      ['unread', 'shop'],
    ]);
  });

  it('has nothing against what only adds, or touches a table of the same release', async () => {
    expect(
      await risks(
        `migrations.CreateModel("New", [${id}, ("title", models.CharField(max_length=50))])`,
        'migrations.AddField("new", "price", models.IntegerField(default=0))',
        'migrations.RemoveField("new", "title")',
        'migrations.AlterModelOptions("book", {"ordering": ["title"]})',
        'migrations.AlterField("book", "title", models.CharField(max_length=50, null=True, help_text="its name"))',
      ),
    ).toEqual([]);
  });

  it('reads on where migrations were squashed or their app is gone', async () => {
    const second = migration('0001_first', ['migrations.AddField("book", "note", models.TextField(null=True))']);
    const squashed = migration(undefined, [], '    replaces = [("shop", "0001_first"), ("shop", "0002_second")]\n');
    const third = migration('0001_squashed', ['migrations.DeleteModel("Old")']);
    const state = await review(
      {
        '0001_squashed': squashed.replace(
          'operations = [\n',
          `operations = [\n        ${first.slice(first.indexOf('migrations.CreateModel'), first.lastIndexOf('    ]'))}`,
        ),
        '0003_third': third,
      },
      {
        before: { '0001_first': first, '0002_second': second },
        sql: "INSERT INTO django_migrations (app, name, applied) VALUES ('gone', '0001_initial', '2020-01-01')",
      },
    );
    expect(state.pending).toEqual(['shop.0003_third']);
    expect(state.risks).toMatchObject([{ kind: 'removed', subject: 'shop.Old' }]);
    expect(state.applied).toContain('gone.0001_initial');
  });
});
