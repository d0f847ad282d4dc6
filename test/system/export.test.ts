import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runCommand, Box, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** One site, exported again and again. */
describe('a site as a folder for Docker Compose', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let folder: string;
  const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await TinyProject.make('exported');
    site = box.name('tiny');
    folder = join(box.folder, 'compose');
    const ran = await box.up(project.folder, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('it is written from the live release, with the project as it is and each secret in one file only', async () => {
    const set = await box.roadie(['env', 'set', site, 'API_TOKEN=canary-token']);
    expect(set.code, set.all).toBe(0);
    const ran = await box.roadie(['export', 'compose', site, folder, '--json']);
    expect(ran.code, ran.all).toBe(0);
    const answer: unknown = JSON.parse(ran.stdout);
    expect(answer).toMatchObject({
      site,
      folder,
      kept: [],
      secrets: ['API_TOKEN', 'secret-key', 'tls.crt', 'tls.key'],
    });
    expect(ran.all).not.toContain('canary-token');
    expect(await read('code/tiny/settings.py')).toBe(await readFile(join(project.folder, 'tiny/settings.py'), 'utf8'));
    expect(await read('secrets/API_TOKEN')).toBe('canary-token');
    expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700);
    const found = await runCommand([
      'grep',
      '-rlF',
      '-e',
      'canary-token',
      '-e',
      await read('secrets/secret-key'),
      folder,
    ]);
    expect(found.stdout.trim().split('\n').toSorted()).toEqual(
      ['API_TOKEN', 'secret-key'].map((name) => join(folder, 'secrets', name)),
    );
    // The versions that are live, and nothing of this machine.
    expect(await read('install/constraints.txt')).toMatch(/^django==5\.2/m);
    const texts = await Promise.all(['Dockerfile', 'compose.yaml', 'overlay.json', 'edge/sites/site.conf'].map(read));
    expect(texts.join('\n')).not.toContain(box.folder);
  });

  test("the edge's configuration is one that NGINX accepts", async () => {
    const edge = join(folder, 'edge');
    const test = join(box.folder, 'edge-test');
    await runCommand(['cp', '-r', edge, test]);
    await runCommand(['mkdir', '-p', join(test, 'temp'), join(test, 'run')]);
    const inPlace = (text: string): string =>
      text
        .replaceAll('/srv/edge', test)
        // A container's is a pipe; a test's is a socket, which cannot be opened by a name.
        .replaceAll('/dev/stdout', join(test, 'access.log'))
        .replaceAll('/run/edge', join(test, 'run'))
        .replaceAll('/run/secrets', join(folder, 'secrets'));
    for (const name of ['nginx.conf', 'enabled.conf', 'sites/site.conf'])
      await writeFile(join(test, name), inPlace(await readFile(join(test, name), 'utf8')));
    const tried = await runCommand(['/usr/sbin/nginx', '-t', '-c', join(test, 'nginx.conf')]);
    expect(tried.code, tried.all).toBe(0);
  });

  test('the settings are those of production with the overlay and the entry that come along', async () => {
    const [release] = (await readdir(join(box.folder, 'base/sites', site, 'releases'))).toSorted().toReversed();
    const copy = join(box.folder, 'srv');
    await runCommand(['mkdir', copy]);
    await runCommand([
      'cp',
      '-a',
      join(box.folder, 'base/sites', site, 'releases', release ?? '', 'venv'),
      join(copy, 'venv'),
    ]);
    await runCommand(['cp', join(folder, 'overlay.json'), join(copy, 'overlay.json')]);
    const packages = (
      await runCommand(['sh', '-c', `echo ${join(copy, 'venv/lib/python3*/site-packages')}`])
    ).stdout.trim();
    await runCommand(['sh', '-c', `cp ${join(folder, 'python')}/* ${packages}/`]);
    await writeFile(
      join(packages, 'roadie_secrets.py'),
      (await read('python/roadie_secrets.py')).replace('"/run/secrets"', JSON.stringify(join(folder, 'secrets'))),
    );
    const say =
      'from django.conf import settings as s; import os; print(s.DEBUG, s.SECRET_KEY, s.STATIC_ROOT, s.DATABASES["default"]["NAME"], os.environ["API_TOKEN"])';
    const ran = await runCommand(
      [join(copy, 'venv/bin/python'), '-m', 'roadie_container', '--', join(copy, 'venv/bin/python'), '-c', say],
      {
        cwd: join(folder, 'code'),
        environment: { DJANGO_SETTINGS_MODULE: 'tiny.settings', API_TOKEN: '{{secret:API_TOKEN}}' },
      },
    );
    expect(ran.stdout.trim(), ran.all).toBe(
      `False ${await read('secrets/secret-key')} /srv/static /srv/data/sqlite/db.sqlite3 canary-token`,
    );
  });

  test('a second export keeps secrets and what is the owner’s, and refuses to lose an edit', async () => {
    await writeFile(join(folder, 'compose.override.yaml'), 'services: {}\n');
    await rm(join(folder, 'secrets/API_TOKEN'));
    await writeFile(join(folder, 'secrets/API_TOKEN'), 'other');
    const again = await box.roadie(['export', 'compose', site, folder]);
    expect(again.code, again.all).toBe(0);
    expect(again.stdout).toContain('Kept as they are in secrets/: API_TOKEN.');
    expect(await read('secrets/API_TOKEN')).toBe('other');
    expect(await read('compose.override.yaml')).toBe('services: {}\n');
    await writeFile(join(folder, 'compose.yaml'), 'edited: true\n');
    const refused = await box.roadie(['export', 'compose', site, folder]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('(folder-not-empty)');
    expect(await read('compose.yaml')).toBe('edited: true\n');
    const foreign = await box.roadie(['export', 'compose', site, project.folder, '--force']);
    expect(foreign.code).toBe(2);
  });
});
