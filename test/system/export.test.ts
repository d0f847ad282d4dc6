import type { ChildProcess } from 'node:child_process';
import { appendFile, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';

import { installPackages } from '../../src/machine/packages/packages.ts';
import { Box, must, type Ran, requireRoot, runCommand } from '../rig/box.ts';
import { compose, imagesOf, installCompose, makeImages } from '../rig/compose.ts';
import { docker, startEngine, stopEngine } from '../rig/engine.ts';
import { home } from '../rig/home.ts';
import { freePort } from '../rig/free-port.ts';

const boards = fileURLToPath(new URL('../../examples/boards', import.meta.url));

/** Settings that the repository has only as an example, and what each release runs. */
async function extend(project: string): Promise<void> {
  await appendFile(
    join(project, 'forum/settings.py'),
    '\nfrom forum.local_settings import NOTICE  # noqa: E402, F401\n',
  );
  await writeFile(join(project, 'forum/local_settings.example.py'), 'NOTICE = "from an example"\n');
  await writeFile(join(project, 'Procfile'), 'release: python manage.py loaddata loaded\n');
  await mkdir(join(project, 'boards/fixtures'));
  const fields = { name: 'Loaded', slug: 'loaded', description: 'x' };
  await writeFile(
    join(project, 'boards/fixtures/loaded.json'),
    JSON.stringify([{ model: 'boards.board', pk: 1000, fields }]),
  );
}

/** The forum with PostgreSQL, Redis and RQ, exported and run by Docker Compose. Each test goes on where the one before ended. */
describe('a site as a folder for Docker Compose', { sequential: true }, () => {
  let box: Box;
  let site: string;
  let domain: string;
  let folder: string;
  let engine: ChildProcess | undefined;
  let because = '';
  const ports = { HTTP_PORT: '', HTTPS_PORT: '' };
  const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
  const run = (...words: readonly string[]): Promise<Ran> => compose(folder, words, ports);

  /** What a visitor with a jar of cookies gets. */
  const visit = async (path: string, ...more: readonly string[]): Promise<string> => {
    const jar = join(box.folder, 'cookies');
    // prettier-ignore
    const asked = await runCommand(['curl', '--silent', '--show-error', '--insecure', '--include', '--max-time', '60',
      '--connect-to', `${domain}:443:127.0.0.1:${ports.HTTPS_PORT}`, '--cookie', jar, '--cookie-jar', jar,
      '--referer', `https://${domain}/`, ...more, `https://${domain}${path}`]);
    return must(asked);
  };
  /** Sends a form as a browser does: with the token of its page. */
  const send = async (path: string, ...fields: readonly string[]): Promise<string> => {
    const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(await visit(path))?.[1] ?? 'none';
    return visit(path, ...[`csrfmiddlewaretoken=${token}`, ...fields].flatMap((field) => ['--form', field]));
  };
  /** A program of the project, in the container of its web server. */
  const python = async (program: string): Promise<string> =>
    (await run('exec', '--no-TTY', 'web', 'python', 'manage.py', 'shell', '--command', program)).stdout.trim();
  const projectImage = async (): Promise<string> =>
    /^ {2}image: "?([^"\n]+)/m.exec(await read('compose.yaml'))?.[1] ?? '';
  const containers = (context: TestContext): void => {
    if (!engine) context.skip(`containers cannot run here: ${because}`);
  };

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('boards');
    domain = `${site}.localhost`;
    folder = join(box.folder, 'compose');
    ports.HTTP_PORT = String(await freePort());
    ports.HTTPS_PORT = String(await freePort());
    await cp(boards, join(box.folder, 'project'), { recursive: true });
    await extend(join(box.folder, 'project'));
    must(await box.up(join(box.folder, 'project'), site, '--yes'));
    must(await box.roadie(['env', 'set', site, 'API_TOKEN=canary-token']));
    await mkdir(home, { recursive: true, mode: 0o711 });
    await installPackages(['docker.io'], { journal: join(home, 'packages.json') });
    engine = await startEngine().catch((error: unknown) => {
      because = String(error);
      return undefined;
    });
  });

  afterAll(async () => {
    if (engine) {
      await run('down', '--volumes', '--remove-orphans', '--timeout', '20');
      const { stdout } = await docker('images', '--quiet', '--filter', `reference=${site}*`);
      for (const image of new Set(stdout.split('\n').filter(Boolean))) await docker('rmi', '--force', image);
      await stopEngine(engine);
    }
    await box.close();
  });

  test('it is written from the live release, with the project as it is and each secret in one file only', async () => {
    const ran = await box.roadie(['export', 'compose', site, folder, '--json']);
    expect(ran.code, ran.all).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      site,
      folder,
      kept: [],
      // prettier-ignore
      secrets: ['API_TOKEN', 'database-password', 'database-superuser-password', 'own-forum-local_settings.py', 'secret-key', 'tls.crt', 'tls.key'],
    });
    expect(ran.all).not.toContain('canary-token');
    const settings = await readFile(join(box.folder, 'project/forum/settings.py'), 'utf8');
    expect(await read('code/forum/settings.py')).toBe(settings);
    await expect(read('code/forum/local_settings.py')).rejects.toThrow('ENOENT');
    expect(await read('secrets/own-forum-local_settings.py')).toContain('NOTICE');
    expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700);
    for (const name of ['API_TOKEN', 'secret-key', 'database-password']) {
      const found = await runCommand(['grep', '-rlF', '-e', await read(`secrets/${name}`), folder]);
      expect(found.stdout.trim()).toBe(join(folder, 'secrets', name));
    }
    const texts = await Promise.all(
      ['Dockerfile', 'compose.yaml', 'overlay.json', `edge/sites/${site}.conf`].map(read),
    );
    expect(texts.join('\n')).not.toContain(box.folder);
  });

  test('a second export keeps secrets and what is the owner’s, and refuses to lose an edit', async () => {
    await writeFile(join(folder, 'compose.override.yaml'), 'services: {}\n');
    await rm(join(folder, 'secrets/API_TOKEN'));
    await writeFile(join(folder, 'secrets/API_TOKEN'), 'other', { mode: 0o444 });
    const again = await box.roadie(['export', 'compose', site, folder]);
    expect(again.code, again.all).toBe(0);
    expect(again.stdout).toContain('Kept as they are in secrets/: API_TOKEN.');
    expect(await read('secrets/API_TOKEN')).toBe('other');
    expect(await read('compose.override.yaml')).toBe('services: {}\n');
    const before = await read('compose.yaml');
    await writeFile(join(folder, 'compose.yaml'), 'edited: true\n');
    const refused = await box.roadie(['export', 'compose', site, folder]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('compose.yaml has been changed');
    expect(await read('compose.yaml')).toBe('edited: true\n');
    expect((await box.roadie(['export', 'compose', site, folder, '--force'])).code).toBe(0);
    expect(await read('compose.yaml')).toBe(before);
    expect((await box.roadie(['export', 'compose', site, join(box.folder, 'project'), '--force'])).code).toBe(2);
  });

  test('its images build and its services become healthy, and only the edge has ports', async (context) => {
    containers(context);
    await installCompose();
    await makeImages(await imagesOf(folder), join(box.folder, 'images'));
    must(await run('build'));
    const up = await run('up', '--detach', '--wait', '--wait-timeout', '300');
    expect(up.code, `${up.all}\n${(await run('logs', '--no-color', '--tail', '40')).all}`).toBe(0);
    const { stdout } = await docker(
      'ps',
      '--filter',
      `label=com.docker.compose.project=${site}`,
      '--format',
      '{{.Names}} {{.Ports}}',
    );
    const published = stdout.split('\n').filter((line) => line.includes('->'));
    expect(published).toHaveLength(1);
    expect(published[0]).toContain('-edge-');
  });

  test('visitors get pages over HTTPS, and static files that were compressed beforehand', async (context) => {
    containers(context);
    const page = await visit('/');
    expect(page).toMatch(/^HTTP\/2 200/);
    expect(page.toLowerCase()).toContain('strict-transport-security');
    const css = /\/static\/[^"]+\.css/.exec(page)?.[0] ?? 'none';
    const sent = await visit(css, '--header', 'Accept-Encoding: gzip', '--output', '/dev/null', '--dump-header', '-');
    expect(sent.toLowerCase()).toContain('content-encoding: gzip');
    must(await run('exec', '--no-TTY', 'edge', 'test', '-f', `/srv/current${css}.gz`));
    const plain = await runCommand([
      'curl',
      '--silent',
      '--head',
      '--header',
      `Host: ${domain}`,
      `http://127.0.0.1:${ports.HTTP_PORT}/`,
    ]);
    expect(plain.stdout).toMatch(/^HTTP\/1\.1 30[18]/);
    expect(plain.stdout).toContain(`https://${domain}/`);
  });

  test('nothing runs as root, no container can write to its system, and no secret is in what Docker shows', async (context) => {
    containers(context);
    const ids = (await run('ps', '--quiet')).stdout.trim().split('\n');
    expect(ids).toHaveLength(5);
    const secrets = await Promise.all(
      ['API_TOKEN', 'secret-key', 'database-password'].map((name) => read(`secrets/${name}`)),
    );
    for (const id of ids) {
      const shown = (await docker('inspect', id)).stdout;
      for (const secret of secrets) expect(shown).not.toContain(secret);
      expect(shown).toContain('"ReadonlyRootfs": true');
      const users = (await docker('top', id, '-eo', 'uid')).stdout.trim().split('\n').slice(1);
      expect(users.map((user) => Number(user.trim()))).not.toContain(0);
    }
    const said = await python(
      'import os; from django.conf import settings as s; print(os.environ["API_TOKEN"], s.DEBUG, s.NOTICE)',
    );
    expect(said).toContain('other False from an example');
    // The owner's own file is mounted: the image has an empty place for it at most.
    const inImage = await docker('run', '--rm', '--entrypoint', 'cat', await projectImage(), 'forum/local_settings.py');
    expect(inImage.stdout).toBe('');
  });

  test('a member’s upload, the database and a job’s outcome outlive the containers', async (context) => {
    containers(context);
    const password = 'a long password 7';
    await send('/account/sign-up/', 'username=ada', `password1=${password}`, `password2=${password}`);
    const picture = join(box.folder, 'ada.png');
    // prettier-ignore
    await writeFile(picture, Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64'));
    await send('/account/', `avatar=@${picture};type=image/png`, 'bio=hello');
    const avatar = await python(
      'from accounts.models import Profile; print(Profile.objects.get(user__username="ada").avatar.url)',
    );
    expect(avatar).toMatch(/\/media\/\S+\.webp$/m);
    const address = /\/media\/\S+\.webp/.exec(avatar)?.[0] ?? '';
    const job = `
import time
from django.contrib.auth import get_user_model
from boards.models import Board, Notification
from boards.services import post_reply, start_topic
users = get_user_model().objects
ada, bob = users.get(username="ada"), users.create_user("bob")
topic = start_topic(Board.objects.create(name="One", slug="one", description="x"), ada, "first", "hello")
post_reply(topic, bob, "reply")
for _ in range(600):
    if Notification.objects.filter(recipient=ada).exists():
        break
    time.sleep(0.1)
print("notified", Notification.objects.filter(recipient=ada).count())`;
    expect(await python(job)).toContain('notified 1');
    // What the release commands have loaded is loaded once: a row that is removed does not come back.
    const rows = 'from boards.models import Board; print("rows", Board.objects.filter(slug="loaded").count())';
    expect(await python(rows)).toContain('rows 1');
    await python('from boards.models import Board; Board.objects.filter(slug="loaded").delete()');
    must(await run('down'));
    const up = await run('up', '--detach', '--wait', '--wait-timeout', '300');
    expect(up.code, up.all).toBe(0);
    expect(await visit(address, '--output', '/dev/null', '--dump-header', '-')).toMatch(/^HTTP\/2 200/);
    // Signed in by the session of before: the database and the key are the same.
    expect(await visit('/notifications/')).toContain('bob');
    expect(await python(rows)).toContain('rows 0');
  });
});
