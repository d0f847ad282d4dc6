import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, must, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** What the project has in its repository as its first database: one row, and the migration that made its table. */
const committed = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.executescript("""
CREATE TABLE django_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, app varchar(255), name varchar(255), applied datetime);
INSERT INTO django_migrations (app, name, applied) VALUES ('notes', '0001_initial', '2026-01-01 00:00:00');
CREATE TABLE notes_note (id INTEGER PRIMARY KEY AUTOINCREMENT, text varchar(200) NOT NULL, mood varchar(20) NOT NULL);
INSERT INTO notes_note (text, mood) VALUES ('committed', 'calm');
""")
`;

const settings = `
import logging, os
INSTALLED_APPS += ["django.contrib.sites"]
SITE_ID = 1
os.makedirs(BASE_DIR / "logs", exist_ok=True)
logging.basicConfig(filename=BASE_DIR / "logs" / "app.log", level=logging.INFO)
(BASE_DIR / "var" / "index").mkdir(parents=True, exist_ok=True)
with open(BASE_DIR / "notes" / "starts.txt", "a") as starts:
    starts.write("start\\n")
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "/media/"
`;

const views = `import logging
from pathlib import Path
from django.conf import settings
from django.http import HttpResponse
from notes.models import Note


def front(request):
    logging.getLogger("tiny").info("front page")
    return HttpResponse(", ".join(Note.objects.order_by("id").values_list("text", flat=True)))


def health(request):
    return HttpResponse("ok")


def rows(request):
    Note.objects.create(text="visitor")
    drafts = settings.BASE_DIR / "drafts"
    (drafts / "second.txt").write_text("second")
    (settings.BASE_DIR / "var" / "index" / "one").write_text("indexed")
    return HttpResponse(" ".join(sorted(path.name for path in drafts.iterdir())))


def export(request):
    (settings.BASE_DIR / "exports").mkdir(exist_ok=True)
    (settings.BASE_DIR / "exports" / "all.csv").write_text("a,b")
    return HttpResponse("exported")
`;

/** One site whose project writes beside its code; each test goes on where the one before ended. */
describe('a project that writes beside its code', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let said: string;

  const data = (...path: readonly string[]): string => join(box.folder, 'base/sites', site, 'data', ...path);
  const get = (path: string) => box.get(`${site}.localhost`, path);

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('writes');
    project = await TinyProject.make('front');
    const before = await readFile(join(project.folder, 'tiny/settings.py'), 'utf8');
    await project.write({
      'tiny/settings.py': before + settings,
      'tiny/views.py': views,
      'tiny/urls.py':
        'from django.urls import path\nfrom tiny import views\nurlpatterns = [path("", views.front), path("health/", views.health), path("rows/", views.rows), path("export/", views.export)]\n',
      'drafts/first.txt': 'first',
      'locale/de/LC_MESSAGES/django.po':
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "hello"\nmsgstr "hallo"\n',
      'media/logo.txt': 'the logo',
      'roadie.toml': '[files]\nwritable = ["drafts"]\n',
    });
    execFileSync('python3', ['-c', committed, join(project.folder, 'db.sqlite3')]);
    said = must(await box.up(project.folder, site, '--yes'));
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('goes live, and what it writes while it loads is said with the line that wants it', async () => {
    expect(said).toContain('logs/ is written by tiny/settings.py:');
    expect(said).toContain('var/ is written by tiny/settings.py:');
    expect(said).toContain('notes/starts.txt is written by tiny/settings.py:');
    expect(said).toContain('drafts/ is written by files.writable');
    expect((await get('/')).status).toBe(200);
    expect(await readFile(data('files/logs/app.log'), 'utf8')).toContain('front page');
    expect(await readFile(data('files/notes/starts.txt'), 'utf8')).toContain('start');
    expect(said).not.toContain('Traceback');
  });

  test('has the committed database and media files as its first data', async () => {
    expect((await get('/')).body).toBe('committed');
    expect(await get('/media/logo.txt')).toMatchObject({ status: 200, body: 'the logo' });
  });

  test('writes where its config says so, and what the repository ships there is the first content', async () => {
    expect((await get('/rows/')).body).toBe('first.txt second.txt');
    expect(await readFile(data('files/var/index/one'), 'utf8')).toBe('indexed');
  });

  test('cannot write elsewhere: check names the file and the line of config, and so does the next plan', async () => {
    expect((await get('/export/')).status).toBe(500);
    const found = await box.roadie(['check', site]);
    expect(found.all).toContain('The site tried to write exports');
    expect(found.all).toContain('[files] writable = ["exports"]');
    expect((await box.roadie(['plan', site])).all).toContain('[files] writable = ["exports"]');
  });

  test('keeps all of it over the next release, which adds what is new and writes over nothing', async () => {
    await project.write({
      'roadie.toml': '[files]\nwritable = ["drafts", "exports"]\n',
      'drafts/second.txt': 'the repository says otherwise',
      'drafts/third.txt': 'third',
      'media/logo.txt': 'another logo',
      'media/more.txt': 'more',
    });
    must(await box.up(project.folder, site, '--yes'));
    expect((await get('/')).body).toBe('committed, visitor');
    expect((await get('/rows/')).body).toBe('first.txt second.txt third.txt');
    expect(await readFile(data('files/drafts/second.txt'), 'utf8')).toBe('second');
    expect((await get('/media/logo.txt')).body).toBe('the logo');
    expect((await get('/media/more.txt')).body).toBe('more');
    expect((await get('/export/')).body).toBe('exported');
    expect((await box.roadie(['check', site])).all).not.toContain('tried to write');
  });

  test('leads root nowhere by what the site puts in the place of what is kept', async () => {
    const secret = join(box.folder, 'secret');
    await mkdir(join(secret, 'media'), { recursive: true });
    await writeFile(join(secret, 'media/key.txt'), 'secret', { mode: 0o600 });
    await chmod(secret, 0o700);
    const settings = await readFile(join(project.folder, 'tiny/settings.py'), 'utf8');
    await project.write({
      'roadie.toml': '[files]\nwritable = ["drafts", "exports", "shared/"]\n',
      'tiny/settings.py': settings.replace('BASE_DIR / "media"', 'BASE_DIR / "shared" / "media"'),
    });
    must(await box.up(project.folder, site, '--yes'));
    await rm(data('files/shared'), { recursive: true });
    await symlink(secret, data('files/shared'));
    await project.write({ 'notes/more.py': '' });
    await box.up(project.folder, site, '--yes');
    expect(await readdir(data('media'))).not.toContain('key.txt');
    await rm(data('files/shared'));
  });

  test("lends the caller's files to a management command, and brings back what that writes", async () => {
    const cwd = project.folder;
    must(await box.roadie(['run', site, '--', 'dumpdata', '-o', 'rows.json', 'notes'], { cwd }));
    const rows = join(cwd, 'rows.json');
    expect(await readFile(rows, 'utf8')).toContain('"committed"');
    expect((await stat(rows)).mode & 0o777).toBe(0o600);
    await writeFile(rows, (await readFile(rows, 'utf8')).replace('"committed"', '"loaded"'));
    must(await box.roadie(['run', site, '--', 'loaddata', 'rows.json'], { cwd }));
    expect((await get('/')).body).toMatch(/^loaded, /);
    must(await box.roadie(['run', site, '--', 'dumpdata', '--output=sites.json', 'sites'], { cwd }));
    expect(await readFile(join(cwd, 'sites.json'), 'utf8')).toContain(
      `"domain": "${site}.localhost:${box.ports.https}"`,
    );
    const shown = await box.roadie(
      ['run', '--env', 'COLOUR', site, '--', 'shell', '-c', 'import os; print(os.environ["COLOUR"])'],
      { environment: { COLOUR: 'green' } },
    );
    expect(shown.stdout).toContain('green');
  });

  test('and its code is read-only all the same', async () => {
    const release = join(box.folder, 'base/sites', site, 'current');
    const code = await stat(join(release, 'code'));
    expect(code.uid).toBe(0);
    expect(code.mode & 0o022).toBe(0);
    expect(await readdir(release)).not.toContain('scratch');
    expect(await readdir(join(release, 'code/locale/de/LC_MESSAGES'))).toEqual(['django.mo', 'django.po']);
    expect((await stat(data('files/logs'))).uid).not.toBe(0);
  });
});
