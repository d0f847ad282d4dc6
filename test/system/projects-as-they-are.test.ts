import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** One project on PostgreSQL with what real repositories have; each test goes on where the one before ended. */
describe('projects as they are', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;

  const up = () => box.up(project.folder, site, '--yes');
  const front = async (): Promise<unknown> => (await box.get(`${site}.localhost`, '/')).status;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('kinds');
    project = await TinyProject.make('front');
    const settings = await readFile(join(project.folder, 'tiny/settings.py'), 'utf8');
    await project.write({
      'roadie.toml': 'database = "postgresql"\n',
      'requirements.txt': 'Django>=5.2,<5.3\npkg-resources==0.0.0\npywin32==306\n',
      'tiny/settings.py': settings.replace('"notes"]', '"django.contrib.postgres", "notes"]'),
    });
    await project.migrate('0002_bloom', '0001_initial', 'BloomExtension()');
    await project.write({
      'notes/migrations/0002_bloom.py': `from django.contrib.postgres.operations import BloomExtension\n${await readFile(join(project.folder, 'notes/migrations/0002_bloom.py'), 'utf8')}`,
    });
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('what no server can install is left out and said; extensions that only an administrator may make are made', async () => {
    const { code, all } = await up();
    expect(code, all).toBe(0);
    expect(all).toContain('pkg-resources is left out of the requirements');
    expect(all).toContain('pywin32 is left out of the requirements');
    expect(all).toMatch(/Make the extensions that the migrations need.*bloom/);
    expect(await front()).toBe(200);
  });

  test('an extension that is not installed is named before anything is migrated', async () => {
    await project.migrate(
      '0003_mood',
      '0002_bloom',
      'migrations.AddField("Note", "colour", models.CharField(max_length=9, null=True))',
    );
    await project.migrate(
      '0004_absent',
      '0003_mood',
      'migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS no_such_extension")',
    );
    const { code, all } = await up();
    expect(code).not.toBe(0);
    expect(all).toContain('extension no_such_extension');
    expect(all).toContain('nothing was migrated');
    expect((await box.roadie(['run', site, '--', 'showmigrations', 'notes'])).stdout).not.toContain('0003');
    expect(await front()).toBe(200);
    await rm(join(project.folder, 'notes/migrations/0004_absent.py'));
  });

  test('models without migrations are refused with the command that writes them', async () => {
    const settings = await readFile(join(project.folder, 'tiny/settings.py'), 'utf8');
    await project.write({
      'tiny/settings.py': settings.replace('"notes"]', '"notes", "books"]'),
      'books/__init__.py': '',
      'books/models.py':
        'from django.db import models\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=50)\n',
    });
    const { code, all } = await up();
    expect(code).not.toBe(0);
    expect(all).toContain('books has models and no migrations');
    expect(all).toContain('$ python manage.py makemigrations books');
    expect(await front()).toBe(200);
  });
});
