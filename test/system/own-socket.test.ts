import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { canConnect } from '../../src/machine/network/http-probe.ts';
import { eventSchema } from '../../src/contract/events.ts';
import { type SiteStatus, statusSchema } from '../../src/contract/status.ts';
import { Box, requireRoot, runCommand } from '../rig/box.ts';
import { freePort } from '../rig/free-port.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** One site that tries to listen elsewhere, in every way that a project has; each test goes on where the one before ended. */
describe('a site listens nowhere but on its own socket', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;
  let port: number;

  const front = async (): Promise<string> => (await box.get(domain, '/')).body;
  const log = async (): Promise<string> => (await box.roadie(['logs', site, 'web', '--lines', '400'])).stdout;
  const status = async (): Promise<SiteStatus | undefined> =>
    statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout)).sites[0];
  const notes = async (): Promise<readonly string[]> => {
    const { stdout } = await box.roadie(['events', '--json']);
    const events = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => eventSchema.parse(JSON.parse(line)));
    return events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  };

  /** Ports are looked at every 30 to 50 s, and soon after anything has become ready: NGINX, which is killed here. */
  const hasSomethingStart = async (): Promise<void> => {
    process.kill(Number(await readFile(join(box.folder, 'run/edge/nginx.pid'), 'utf8')), 'SIGKILL');
  };

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    port = await freePort();
    project = await TinyProject.make('first');
    site = box.name('open');
    domain = `${site}.localhost`;
    await project.write({
      'roadie.toml': '[web]\nworkers = 1\n',
      'gunicorn.conf.py': `import os

bind = "0.0.0.0:${port}"
reuse_port = True
workers = 5
raw_env = ["COLOUR=green", "ROADIE_APPLICATION=none:none"]
limit_request_fields = 40


def on_starting(server):
    print("hook: on_starting", flush=True)


def post_fork(server, worker):
    print("hook: post_fork with", os.environ["COLOUR"], server.cfg.limit_request_fields, flush=True)
`,
    });
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test("of the project's configuration of Gunicorn the hooks run, and bind and reuse_port do not count", async () => {
    const ran = await box.up(project.folder, site, '--yes');
    expect(ran.code, ran.all).toBe(0);
    expect(ran.all).toContain('gunicorn.conf.py sets bind and reuse_port: ignored, Roadie hands Gunicorn its socket');
    expect(await front()).toBe('first');
    expect(await answers(port)).toBe(false);
    const lines = await log();
    expect(lines).toContain('hook: on_starting');
    expect(lines).toContain('hook: post_fork with green 40');
    expect(lines).toContain('gunicorn.conf.py sets ROADIE_APPLICATION in raw_env: ignored');
    expect((await box.roadie(['check', site])).stdout).toContain('gunicorn.conf.py sets bind and reuse_port');
  });

  test('nor does what the environment says to Gunicorn, but for what is harmless', async () => {
    const words = `--reuse-port --bind 0.0.0.0:${port} --daemon --limit-request-fields 41`;
    const ran = await box.roadie(['env', 'set', site, `GUNICORN_CMD_ARGS=${words}`, `PORT=${port}`]);
    expect(ran.code, ran.all).toBe(0);
    expect(await front()).toBe('first');
    expect(await answers(port)).toBe(false);
    expect(await log()).toContain('hook: post_fork with green 41');
    expect((await box.roadie(['env', 'unset', site, 'GUNICORN_CMD_ARGS', 'PORT'])).code).toBe(0);
  });

  test('a configuration that raises is refused with its file and line', async () => {
    await project.write({ 'gunicorn.conf.py': 'import os\n\nworkers = int(os.environ["NO_SUCH_THING"])\n' });
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code).not.toBe(0);
    expect(ran.all).toContain(`${join(project.folder, 'gunicorn.conf.py')}:3`);
    expect(ran.all).toContain("KeyError: 'NO_SUCH_THING'");
    await project.write({ 'gunicorn.conf.py': 'proc_name = "tiny"\nlimit_request_fields = "many"\n' });
    const wrong = await box.roadie(['deploy', site]);
    expect(wrong.all).toContain(`${join(project.folder, 'gunicorn.conf.py')}:2`);
    expect(await front()).toBe('first');
    await rm(join(project.folder, 'gunicorn.conf.py'));
  });

  test("every setting of Gunicorn's has its place in the table", async () => {
    const python = join(box.folder, 'base/sites', site, 'current/venv/bin/python');
    const program =
      'from gunicorn.config import KNOWN_SETTINGS\nfrom roadie_gunicorn_settings import SETTINGS\nprint([s.name for s in KNOWN_SETTINGS if s.name not in SETTINGS])';
    expect((await runCommand([python, '-c', program])).all.trim()).toBe('[]');
  });

  test('a release whose code opens a port is refused with the name of the process', async () => {
    await project.say('second');
    await project.write({
      'tiny/wsgi.py': `import os
import socket

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.settings")
application = get_wsgi_application()
opened = socket.socket()
opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
opened.bind(("0.0.0.0", ${port}))
opened.listen(1)
`,
    });
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code).toBe(1);
    expect(ran.all).toMatch(new RegExp(`listens for everybody on 0\\.0\\.0\\.0:${port}: gunicorn \\(pid \\d+, web\\)`));
    expect(ran.all).toContain('listens-publicly');
    expect(ran.all).toContain(`listen = [${port}]`);
    expect(await front()).toBe('first');
    await expect.poll(() => answers(port), { timeout: 60_000 }).toBe(false);
  });

  test('it goes live where the owner allows the port, and the plan says so', async () => {
    await project.write({ 'roadie.toml': `[web]\nworkers = 1\n\n[network]\nlisten = [${port}]\n` });
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code, ran.all).toBe(0);
    expect(ran.all).toContain(`may listen on port ${port} for everybody: network.listen in Roadie's config`);
    expect(await front()).toBe('second');
    expect(await answers(port)).toBe(true);
    expect(await status()).not.toHaveProperty('open_ports');
  });

  test('a live site that comes to listen raises an alarm until it is over; on loopback it may', async () => {
    await project.write({
      'roadie.toml': '[web]\nworkers = 1\n',
      'tiny/wsgi.py': `import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.settings")\napplication = get_wsgi_application()\n`,
      'tiny/urls.py': `from django.urls import path\nfrom tiny import views\nurlpatterns = [path("", views.front), path("open/<str:host>/", views.open_port), path("close/", views.close_ports)]\n`,
      'tiny/views.py': `import socket

from django.http import HttpResponse

opened = []


def front(request):
    return HttpResponse("third")


def open_port(request, host):
    listener = socket.socket()
    listener.bind((host, 0))
    listener.listen(1)
    opened.append(listener)
    return HttpResponse(str(listener.getsockname()[1]))


def close_ports(request):
    while opened:
        opened.pop().close()
    return HttpResponse("closed")
`,
    });
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code, ran.all).toBe(0);
    const local = (await box.get(domain, '/open/127.0.0.1/')).body;
    const opened = (await box.get(domain, '/open/0.0.0.0/')).body;
    const said = `Listens for everybody on 0.0.0.0:${opened}: `;
    await hasSomethingStart();
    await expect.poll(async () => (await notes()).join('\n'), { timeout: 90_000, interval: 1000 }).toContain(said);
    expect((await notes()).join('\n')).not.toContain(`:${local}`);
    expect((await status())?.open_ports).toMatchObject([{ address: '0.0.0.0', port: Number(opened), service: 'web' }]);
    expect((await box.roadie(['status'])).stdout).toContain(`listens for everybody on 0.0.0.0:${opened}`);
    const checked = await box.roadie(['check', site]);
    expect(checked.stdout).toContain('roadie.network');
    expect(checked.stdout).toContain(`listen = [${opened}]`);
    await box.get(domain, '/close/');
    await hasSomethingStart();
    const over = `Nobody listens on 0.0.0.0:${opened} any more`;
    await expect.poll(async () => (await notes()).join('\n'), { timeout: 90_000, interval: 1000 }).toContain(over);
    expect((await notes()).filter((text) => text.startsWith(said))).toHaveLength(1);
    expect(await status()).not.toHaveProperty('open_ports');
  });
});

/** Whether anybody listens on this machine's loopback, which 0.0.0.0 includes. */
function answers(port: number): Promise<boolean> {
  return canConnect({ host: '127.0.0.1', port }, 2000);
}
