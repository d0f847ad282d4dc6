import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findPythons } from '../../src/machine/packages/programs.ts';
import { Box, type Page, requireRoot, runCommand } from '../rig/box.ts';
import { asgiProject, celeryProject, pageProject, writeProject } from '../rig/projects.ts';
import { askWebSocket } from '../rig/web-socket.ts';

/** Projects as their makers' own tools write them, and others that nobody prepared for Roadie. None is edited. */
describe('projects go live as they are', { sequential: true }, () => {
  let box: Box;
  let projects: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    projects = join(box.folder, 'projects');
    await mkdir(projects);
  });

  afterAll(() => box.close());

  /** Makes a virtualenv and installs into it, as the tutorials say. Returns the folder of its programs. */
  async function virtualenv(python: string, ...requirements: readonly string[]): Promise<string> {
    const folder = join(box.folder, `tools-${requirements.join('-').replaceAll(/[^a-z0-9]+/g, '-')}`);
    await succeed([python, '-m', 'venv', folder]);
    await succeed([join(folder, 'bin/pip'), 'install', '--quiet', ...requirements]);
    return join(folder, 'bin');
  }

  async function goesLive(folder: string, name: string): Promise<string> {
    const ran = await box.up(folder, name, '--yes');
    expect(ran.all).toContain(`${name} is live at https://${name}.localhost:${box.ports.https}/`);
    expect(ran.code).toBe(0);
    return ran.all;
  }

  /** The actions of a second `up` other than 'keep'. */
  async function changesOfAnotherUp(folder: string, name: string): Promise<readonly string[]> {
    const ran = await box.up(folder, name, '--yes', '--json');
    const events = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string; plan?: { changes: { action: string; id: string }[] } });
    const plan = events.find((event) => event.type === 'plan-made')?.plan;
    if (!plan) throw new Error(`no plan was made: ${ran.all}`);
    return plan.changes.filter(({ action }) => action !== 'keep').map(({ action, id }) => `${action} ${id}`);
  }

  const page = (site: string, path: string): Promise<Page> => box.get(`${site}.localhost`, path);

  test('what django-admin startproject writes', async () => {
    const bin = await virtualenv('/usr/bin/python3', 'Django');
    await succeed([join(bin, 'django-admin'), 'startproject', 'shop'], projects);
    const site = box.name('start');
    await goesLive(join(projects, 'shop'), site);

    const login = await page(site, '/admin/login/');
    expect(login.status).toBe(200);
    expect(login.body).toContain('csrfmiddlewaretoken');
    const told = await box.roadie([
      'run',
      site,
      '--',
      'shell',
      '-c',
      "from django.conf import settings; from django.db import connection as c; k = c.cursor(); k.execute('PRAGMA journal_mode'); print('told', settings.DEBUG, k.fetchone()[0], settings.DATABASES['default']['NAME'])",
    ]);
    expect(told.stdout).toContain(`told False wal ${box.folder}/base/sites/${site}/data/`);

    const stylesheet = /href="(\/static\/admin\/css\/base[^"]*\.css)"/.exec(login.body)?.[1] ?? '/no stylesheet';
    expect((await box.roadie(['stop', site, 'web'])).code).toBe(0);
    expect((await page(site, '/admin/login/')).status).toBe(503);
    expect((await page(site, stylesheet)).headers['content-type']).toContain('text/css');
    expect((await box.roadie(['start', site])).code).toBe(0);

    expect(await changesOfAnotherUp(join(projects, 'shop'), site)).toEqual([]);
  });

  test('what wagtail start writes, with a Python of its own where the newest Wagtail needs one', async () => {
    const modern = (await findPythons()).find(({ version }) => /^3\.1[2-4]\./.test(version));
    const bin = await virtualenv(modern?.path ?? '/usr/bin/python3', modern ? 'wagtail' : 'wagtail==7.0.*');
    await succeed([join(bin, 'wagtail'), 'start', 'pages'], projects);
    const site = box.name('wagtail');
    const said = await goesLive(join(projects, 'pages'), site);
    // Where the machine has a Python of its own that is new enough for all, there is nothing to copy.
    const origin = modern && !modern.shared ? `Python ${modern.version}, copied from ${modern.prefix}` : 'Python 3.';
    expect(said).toContain(origin);

    expect((await page(site, '/')).status).toBe(200);
    expect((await page(site, '/')).body).toContain('Welcome to your new Wagtail site!');
    expect((await page(site, '/admin/login/')).status).toBe(200);
    expect(await changesOfAnotherUp(join(projects, 'pages'), site)).toEqual([]);
  });

  test('a project in a sub-folder with Celery and a broker in its code: its worker works and its beat ticks', async () => {
    const folder = join(projects, 'celery');
    await writeProject(folder, celeryProject);
    const site = box.name('celery');
    expect(await goesLive(folder, site)).toContain("names a broker on redis in its code; it gets the site's own Redis");
    expect((await page(site, '/add/19/23/')).body).toBe('asked, told 42');
    await expect.poll(async () => (await page(site, '/')).body, { timeout: 60_000 }).toContain('sums [42]');
    await expect.poll(async () => (await page(site, '/')).body, { timeout: 60_000 }).toMatch(/ticks [1-9]/);
    const status = await box.roadie(['status', '--json']);
    for (const service of ['redis', 'web', 'worker', 'beat']) expect(status.stdout).toContain(`"name":"${service}"`);
  });

  test('a project that is ASGI only: pages over HTTPS and a WebSocket', async () => {
    const folder = join(projects, 'asgi');
    await writeProject(folder, asgiProject);
    const site = box.name('asgi');
    await goesLive(folder, site);
    expect((await page(site, '/')).body).toBe('https 127.0.0.1 ASGIRequest');
    const address = { domain: `${site}.localhost`, port: box.ports.https, path: '/echo/' };
    expect(await askWebSocket(address, 'good evening')).toBe('heard good evening');
  });

  test('a bare repository by its file:// address: the next commit is released by up', async () => {
    const work = join(projects, 'work');
    const repository = join(projects, 'shop.git');
    const commit = async (words: string): Promise<void> => {
      await writeProject(work, pageProject(words));
      // Else the watch may see the next commit before `up` does.
      await writeFile(join(work, 'roadie.toml'), '[source]\npoll = "off"\n');
      await git(work, 'add', '.');
      await git(work, 'commit', '--quiet', '-m', words);
      await git(work, 'push', '--quiet', repository, 'HEAD:trunk');
    };
    await succeed(['git', 'init', '--quiet', '--bare', '--initial-branch=trunk', repository]);
    await succeed(['git', 'init', '--quiet', '--initial-branch=trunk', work]);
    await commit('the first words');
    // What is not committed is nobody's business.
    await writeFile(join(work, 'shop/urls.py'), 'broken(');
    const site = box.name('bare');
    await goesLive(`file://${repository}`, site);
    expect((await page(site, '/')).body).toBe('the first words');
    expect(await changesOfAnotherUp(`file://${repository}`, site)).toEqual([]);

    await commit('the second words');
    await goesLive(`file://${repository}`, site);
    expect((await page(site, '/')).body).toBe('the second words');
  });
});

async function succeed(command: readonly [string, ...string[]], cwd = '/'): Promise<void> {
  const ran = await runCommand(command, { cwd });
  if (ran.code !== 0) throw new Error(`${command.join(' ')}: ${ran.all}`);
}

function git(folder: string, ...words: readonly string[]): Promise<void> {
  return succeed(['git', '-C', folder, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...words]);
}
