import { lstat, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';
import { everything, trespass, watchCommandLines } from '../rig/trespass.ts';

const boards = fileURLToPath(new URL('../../examples/boards', import.meta.url));

/** Nothing else in the world has these words in it. */
const canary = `canary-${Math.random().toString(36).slice(2)}`;

/** Two sites of people who do not know each other, on one machine. */
describe('sites beside each other', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let victim: string;
  let neighbour: string;
  /** Everything that was in a command line while the sites were made. */
  const commandLines = new Set<string>();
  let said = '';

  beforeAll(async () => {
    requireRoot();
    box = await Box.open({ umask: '000' });
    project = await TinyProject.make('hello');
    victim = box.name('victim');
    neighbour = box.name('near');
    const watching = new AbortController();
    const watched = watchCommandLines(commandLines, watching.signal);
    const file = join(project.folder, '.env.victim');
    await writeFile(file, `API_TOKEN=${canary}-from-file\n`, { mode: 0o600 });
    for (const step of [
      () => box.up(boards, victim, '--yes'),
      () => box.up(project.folder, neighbour, '--yes'),
      () => box.roadie(['env', 'set', victim, '--file', file]),
      () => box.roadie(['env', 'set', victim, 'OTHER_TOKEN=-'], { input: `${canary}-from-input\n` }),
      () => box.roadie(['run', victim, '--', 'shell', '-c', upload]),
      () => box.roadie(['deploy', victim]),
    ]) {
      const ran = await step();
      said += ran.all;
      if (ran.code !== 0) throw new Error(ran.all);
    }
    for (const words of [['env', 'list', victim], ['status'], ['inspect', boards], ['plan', victim], ['check', victim]])
      said += (await box.roadie(words)).all;
    said += (await box.roadie(['events', '-n', '10000', '--json'])).all;
    said += (await box.roadie(['logs', victim, '-n', '10000'])).all;
    watching.abort();
    await watched;
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test("a site's user gets at nothing of its neighbour, nor of Roadie's", async () => {
    const own = [join(box.folder, 'base/sites', neighbour), join(box.folder, 'run', neighbour)];
    const paths = (await everything(box.folder)).filter((path) => !own.some((folder) => path.startsWith(folder)));
    expect(paths.some((path) => path.endsWith('web.sock'))).toBe(true);
    expect(await trespass(paths, box.user(neighbour))).toEqual([]);
  });

  test('nor does somebody who is no site at all, with either', async () => {
    expect(await trespass(await everything(box.folder), 'nobody')).toEqual([]);
  });

  test("NGINX's workers read a site's static files and uploads, and reach its web server: that is all", async () => {
    const sites = [victim, neighbour].flatMap((name) => [
      join(box.folder, 'base/sites', name),
      join(box.folder, 'run', name),
    ]);
    const paths = (await Promise.all([...sites, join(box.folder, 'base/state')].map(everything))).flat();
    const reached = await trespass(paths, 'www-data');
    const granted = /\/(?:static|data\/media)(?:\/.*)? (?:list|read)$|\/web\/web\.sock[.\w]* connect(?: \(.*\))?$/;
    expect(reached.filter((line) => !granted.test(line))).toEqual([]);
    for (const end of [
      `${victim}/data/media/avatar.txt read`,
      'admin/css/base.css read',
      `${victim}/web/web.sock connect`,
    ])
      expect([end, reached.some((line) => line.endsWith(end))]).toEqual([end, true]);
  });

  test('a site reads its own static files, as WhiteNoise and the storage with a manifest do', async () => {
    const read = await trespass(
      [join(box.folder, 'base/sites', neighbour, 'current/static/staticfiles.json')],
      box.user(neighbour),
      [box.user(neighbour, 'www')],
    );
    expect(read).toEqual([expect.stringMatching(/staticfiles\.json read$/)]);
    expect((await box.roadie(['run', neighbour, '--', 'shell', '-c', manifest])).all).toContain('notes/site.');
  });

  test('nothing is for everybody to change, nor a file of a site to read, whatever the umask', async () => {
    const wrong: string[] = [];
    for (const path of await everything(box.folder)) {
      const found = await lstat(path).catch(() => undefined);
      if (!found || found.isSymbolicLink()) continue;
      // uv gives its locks to everybody, and NGINX its own socket, in folders that are closed.
      if ((found.mode & 0o002) !== 0 && !/\/build\/uv\/|\/run\/edge\/status\.sock$/.test(path))
        wrong.push(`${path} may be changed`);
      // Folders on the way may be entered. Uploads keep the mode that Django gives them, in a folder that is closed, and so
      // does what a virtualenv holds.
      if (
        found.isFile() &&
        (found.mode & 0o007) !== 0 &&
        /\/sites\/[^/]+\/(?!releases\/|build\/|cache\/|data\/media\/)/.test(path)
      )
        wrong.push(`${path} may be read`);
    }
    expect(wrong).toEqual([]);
  });

  test('a site cannot change its own releases, nor what Roadie keeps about it', async () => {
    const user = box.user(victim);
    const releases = join(box.folder, 'base/sites', victim, 'releases');
    const config = join(box.folder, 'base/sites', victim, 'config');
    const changed = await trespass([...(await everything(releases)), ...(await everything(config))], user);
    expect(changed.filter((line) => / (?:write|add)/.test(line))).toEqual([]);
    expect(changed.some((line) => line.includes('manage.py read'))).toBe(true);
  });

  test('the role that Django has in its database can read no files', async () => {
    const told = await box.roadie(['run', victim, '--', 'shell', '-c', superuser]);
    expect(told.all).toContain("superuser: False, members: ['pg_database_owner']");
  });

  test('what is secret stands in no command line, and nothing that is printed or logged', async () => {
    const secrets = await secretsOf(victim);
    expect(commandLines.size).toBeGreaterThan(5);
    for (const secret of secrets) {
      expect([...commandLines].filter((line) => line.includes(secret))).toEqual([]);
      expect(said.split('\n').filter((line) => line.includes(secret))).toEqual([]);
    }
  });

  test('what is secret is in files that only their owner or the site can read, and in no log', async () => {
    const secrets = await secretsOf(victim);
    const holding: string[] = [];
    for (const path of await everything(box.folder)) {
      // Processes come and go meanwhile, and their records with them.
      const found = await lstat(path).catch(() => undefined);
      if (!found?.isFile() || found.size > 2_000_000) continue;
      const text = await readFile(path, 'latin1').catch(() => '');
      if (!secrets.some((secret) => text.includes(secret))) continue;
      holding.push(relative(box.folder, path));
      expect([path, found.mode & 0o007]).toEqual([path, 0]);
      expect(path).not.toMatch(/\/logs\/|\/jobs\/|\.log|events\.jsonl|\/edge\//);
    }
    expect(holding).toContain(`base/state/sites/${victim}.json`);
  });

  test("the state is root's alone", async () => {
    const state = join(box.folder, 'base/state');
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    for (const path of await everything(join(state, 'sites'))) {
      const found = await stat(path);
      expect([path, found.mode & 0o777]).toEqual([path, found.isDirectory() ? 0o700 : 0o600]);
      expect(found.uid).toBe(0);
    }
    expect((await stat(join(box.folder, 'run/roadie.sock'))).mode & 0o777).toBe(0o600);
  });

  /** All values that nobody else may know: those that were planted, and those that Roadie has made. */
  async function secretsOf(site: string): Promise<readonly string[]> {
    const text = await readFile(join(box.folder, 'base/state/sites', `${site}.json`), 'utf8');
    const { value } = JSON.parse(text) as { value: { secrets: Record<string, string> } };
    const made = Object.values(value.secrets);
    expect(made.length).toBeGreaterThan(0);
    return [canary, ...made];
  }
});

const upload =
  "from django.core.files.base import ContentFile; from django.core.files.storage import default_storage as s; s.save('avatar.txt', ContentFile(b'x'))";

const manifest =
  "from django.contrib.staticfiles.storage import staticfiles_storage as s; print(s.stored_name('notes/site.css'))";

const superuser = `from django.db import connection
cursor = connection.cursor()
cursor.execute("select rolsuper from pg_roles where rolname = current_user")
told = cursor.fetchone()[0]
cursor.execute("select rolname from pg_roles where left(rolname, 3) = 'pg_' and pg_has_role(current_user, oid, 'member')" % ())
print("superuser: %s, members: %s" % (told, [row[0] for row in cursor.fetchall()]))`;
