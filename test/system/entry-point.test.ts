import { execFileSync } from 'node:child_process';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const command = (body: string): string =>
  `from django.core.management.base import BaseCommand\nfrom notes.models import Note\n\n\nclass Command(BaseCommand):\n    def handle(self, **options):\n        ${body}\n`;

/** Writes beside its sources, as such commands do. */
const themes = `from pathlib import Path
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, **options):
        for scss in (Path(__file__).parents[2] / "static" / "themes").glob("*.scss"):
            scss.with_suffix(".css").write_text("/* compiled */")
            (scss.parent / "maps").mkdir(exist_ok=True)
            (scss.parent / "maps" / "dark.map").write_text("{}")
`;

const book = (fields: string): string =>
  `from django.db import models\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=50)\n${fields}`;

/** One project whose documents say what a person does before it runs; each test goes on where the one before ended. */
describe('what a project leaves to whoever runs it', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;

  const up = () => box.up(project.folder, site, '--yes');
  const front = async (): Promise<unknown> => (await box.get(`${site}.localhost`, '/')).status;
  const shell = async (code: string): Promise<string> =>
    (await box.roadie(['run', site, '--', 'shell', '--no-imports', '-c', code])).stdout.trim();
  const notes = (): Promise<string> =>
    shell('from notes.models import Note; print(sorted(Note.objects.values_list("pk", "text")))');

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('entry');
    project = await TinyProject.make('front');
    const settings = await readFile(join(project.folder, 'tiny/settings.py'), 'utf8');
    await project.write({
      '.gitignore': 'books/migrations/\n',
      Dockerfile: 'FROM python:3.12\nCOPY . /app\nENTRYPOINT ["/app/bin/start"]\nCMD ["gunicorn", "tiny.wsgi"]\n',
      'bin/start':
        '#!/bin/sh\npython manage.py migrate\npython manage.py loaddata first\npython manage.py seed\npython manage.py flush --noinput\nif [ "$1" = gunicorn ]; then\n  python manage.py compile_themes\nfi\nexec "$@"\n',
      'notes/fixtures/first.json': JSON.stringify([
        { model: 'notes.note', pk: 500, fields: { text: 'shipped', mood: 'calm' } },
        { model: 'notes.note', pk: 501, fields: { text: 'shipped too', mood: 'calm' } },
      ]),
      'notes/management/__init__.py': '',
      'notes/management/commands/__init__.py': '',
      'notes/management/commands/seed.py': command('Note.objects.get_or_create(pk=900, defaults={"text": "seeded"})'),
      'notes/management/commands/compile_themes.py': themes,
      'notes/static/themes/dark.scss': 'body {}',
      'tiny/settings.py': settings.replace('"notes"]', '"notes", "books"]'),
      'books/__init__.py': '',
      'books/models.py': book(''),
    });
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('its migrations are made; fixtures and commands of its entry point run after them, and all is said', async () => {
    const { code, all } = await up();
    expect(code, all).toBe(0);
    expect(all).toMatch(/Make the migrations that the project leaves out.*books\.0001_initial/);
    expect(all).toContain('bin/start:3 runs `loaddata first`');
    expect(all).toContain('bin/start:5 runs `flush --noinput`: no release does');
    expect(await notes()).toBe("[(500, 'shipped'), (501, 'shipped too'), (900, 'seeded')]");
    expect(await shell('from books.models import Book; print(Book.objects.count())')).toBe('0');
    expect(await front()).toBe(200);
  });

  test('what it makes of its style sheets is served, and its code is root’s again', async () => {
    expect(await box.get(`${site}.localhost`, '/static/themes/dark.css')).toMatchObject({
      status: 200,
      body: '/* compiled */',
    });
    const made = join(box.folder, 'base/sites', site, 'current/code/notes/static/themes');
    for (const path of [made, join(made, 'dark.css'), join(made, 'maps', 'dark.map')])
      expect(await stat(path)).toMatchObject({ uid: 0 });
  });

  test('the next release goes on from the migrations that were kept, and a fixture changes nothing that the owner has', async () => {
    await shell(
      'from notes.models import Note; Note.objects.filter(pk=500).update(text="mine"); Note.objects.filter(pk=501).delete(); from books.models import Book; Book.objects.create(title="one")',
    );
    await project.write({ 'books/models.py': book('    pages = models.IntegerField(default=7)\n') });
    const { code, all } = await up();
    expect(code, all).toBe(0);
    expect(all).toMatch(/Make the migrations that the project leaves out.*books\.0002_book_pages/);
    expect(await notes()).toBe("[(500, 'mine'), (900, 'seeded')]");
    expect(await shell('from books.models import Book; print(list(Book.objects.values_list("title", "pages")))')).toBe(
      "[('one', 7)]",
    );
  });

  test('what makemigrations would ask is refused with its question, before anything changes', async () => {
    await project.write({
      'requirements.txt': 'Django>=5.2,<5.3\npython-slugify\n',
      'books/models.py': book('    leaves = models.IntegerField(default=7)\n'),
    });
    const renamed = await up();
    expect(renamed.code).not.toBe(0);
    expect(renamed.all).toContain('book.pages renamed to book.leaves');
    await project.write({
      'books/models.py': book('    pages = models.IntegerField(default=7)\n    shelf = models.IntegerField()\n'),
    });
    const required = await up();
    expect(required.code).not.toBe(0);
    expect(required.all).toContain("non-nullable field 'shelf'");
    // What was installed for the attempt before is not installed again.
    expect(required.all).toContain('those of the attempt that failed: its virtualenv is used again');
    expect(await front()).toBe(200);
  });

  test('kept migrations outlive the document, the commands can be declined, and an earlier release still runs', async () => {
    await rm(join(project.folder, '.gitignore'));
    await project.write({
      'roadie.toml': '[release]\ncommands = []\n',
      'books/models.py': book(
        '    pages = models.IntegerField(default=7)\n    shelf = models.IntegerField(null=True)\n',
      ),
    });
    await shell('from notes.models import Note; Note.objects.all().delete()');
    const { code, all } = await up();
    expect(code, all).toBe(0);
    expect(all).toMatch(/books\.0003_book_shelf/);
    expect(await notes()).toBe('[]');
    const back = await box.roadie(['rollback', site]);
    expect(back.code, back.stdout + back.stderr).toBe(0);
    expect(await front()).toBe(200);
    expect(await shell('from books.models import Book; print(Book.objects.count())')).toBe('1');
  });

  test('requirements that exclude each other are named, with the day of the commit; extras of the image are installed as of a day', async () => {
    await rm(join(project.folder, 'requirements.txt'));
    const declare = (more: string): Promise<void> =>
      project.write({
        'pyproject.toml': `[project]\nname = "tiny"\nversion = "1"\ndependencies = ["Django>=5.2,<5.3"${more}]\n[project.optional-dependencies]\nurls = ["python-slugify"]\n`,
        Dockerfile: 'FROM python:3\nRUN pip install .[urls]\nCMD ["gunicorn", "tiny.wsgi"]\n',
      });
    await declare(', "asgiref==3.5.0"');
    const git = (...words: readonly string[]): void => {
      const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
      const environment = { ...process.env, GIT_COMMITTER_DATE: '2025-06-01T12:00:00Z' };
      execFileSync('git', [...author, '-C', project.folder, ...words], { env: environment });
    };
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '-m', 'all');
    const refused = await up();
    expect(refused.code).not.toBe(0);
    expect(refused.all).toMatch(/(?:asgiref==3\.5\.0 and django.*|django.* and asgiref==3\.5\.0) do not go together/);
    expect(refused.all).toContain('requirements_as_of = "2025-06-01"');
    const settings = await project.read('tiny/settings.py');
    await declare(', "django-model-utils==3.2.0"');
    await project.write({ 'tiny/settings.py': settings.replace('"books"]', '"books", "model_utils"]') });
    const drifted = await up();
    expect(drifted.code).not.toBe(0);
    expect(drifted.all).toContain('model_utils and django do not go together in the versions that were installed');
    expect(drifted.all).toContain('requirements_as_of = "2025-06-01"');
    await declare('');
    await project.write({ 'tiny/settings.py': settings });
    await project.write({ 'roadie.toml': 'requirements_as_of = "2025-06-01"\n[release]\ncommands = []\n' });
    const { code, all } = await up();
    expect(code, all).toBe(0);
    expect(await shell('import django, slugify; print(django.__version__)')).toBe('5.2.1');
  });
});
