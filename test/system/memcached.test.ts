import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { statusSchema } from '../../src/contract/status.ts';
import { run } from '../../src/machine/processes/run.ts';
import { Box, requireRoot } from '../rig/box.ts';

/** A small project whose settings name a Memcached on this machine, as Django's documentation does. */
const files: Readonly<Record<string, string>> = {
  'requirements.txt': 'Django>=5.2,<5.3\npymemcache>=4\n',
  'roadie.toml': '[cache]\nmemory_mb = 32\n',
  'manage.py':
    'import os, sys\nfrom django.core.management import execute_from_command_line\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "counter.settings")\nexecute_from_command_line(sys.argv)\n',
  'counter/__init__.py': '',
  'counter/settings.py': [
    'SECRET_KEY = "x"',
    'ROOT_URLCONF = "counter.urls"',
    'WSGI_APPLICATION = "counter.wsgi.application"',
    'STATIC_URL = "/static/"',
    'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}',
    'CACHES = {"default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": "127.0.0.1:11211"}}',
    '',
  ].join('\n'),
  'counter/urls.py': [
    'from django.core.cache import cache',
    'from django.http import HttpResponse',
    'from django.urls import path',
    'def count(request):',
    '    cache.add("visits", 0, None)',
    '    return HttpResponse("visit %d" % cache.incr("visits"))',
    'urlpatterns = [path("count/", count), path("", lambda request: HttpResponse("up"))]',
    '',
  ].join('\n'),
  'counter/wsgi.py': 'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n',
};

describe('a project that caches in Memcached', { sequential: true }, () => {
  let box: Box;
  let site: string;
  let domain: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('counter');
    domain = `${site}.localhost`;
    const project = join(box.folder, 'project');
    await mkdir(join(project, 'counter'), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
    const ran = await box.up(project, site, '--yes');
    if (!ran.all.includes(`${site} is live`)) throw new Error(ran.all);
  });

  afterAll(() => box.close());

  async function server() {
    const status = statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout));
    return status.sites[0]?.services.find(({ name, state }) => name === 'memcached' && state === 'ready');
  }

  test('gets one of its own, which all of its processes share', async () => {
    expect((await box.get(domain, '/count/')).body).toBe('visit 1');
    expect((await box.get(domain, '/count/')).body).toBe('visit 2');
    const told = await box.roadie([
      'run',
      site,
      '--',
      'shell',
      '-c',
      'from django.core.cache import cache; print(cache.get("visits"))',
    ]);
    expect(told.stdout.trim().split('\n').at(-1)).toBe('2');
  });

  test('on a socket that is closed to others, within its limit, and on no network', async () => {
    const socket = join(box.folder, 'run', site, 'memcached', 'memcached.sock');
    expect((await stat(socket)).mode & 0o777).toBe(0o660);
    const asked = await box.roadie([
      'run',
      site,
      '--',
      'shell',
      '-c',
      'from django.core.cache import cache; print({k.decode(): v for k, v in next(iter(cache._cache.clients.values())).stats().items() if k == b"limit_maxbytes"})',
    ]);
    expect(asked.stdout).toContain(String(32 * 1024 * 1024));
    const pid = (await server())?.pid ?? 0;
    const open = await run(['ss', '-H', '-lnptu']);
    expect(open.stdout).not.toContain(`pid=${pid},`);
    const owner = await run(['ps', '-o', 'user:80=', '-p', String(pid)]);
    expect(owner.stdout.trim()).toBe(box.user(site, 'memcached'));
  });

  test('which is back after a kill, on the same socket', async () => {
    const before = (await server())?.pid ?? 0;
    process.kill(before, 'SIGKILL');
    await expect
      .poll(async () => ((await server())?.pid ?? before) !== before, { timeout: 60_000, interval: 250 })
      .toBe(true);
    await expect.poll(async () => (await box.get(domain, '/count/')).body, { timeout: 30_000 }).toMatch(/^visit \d$/);
  });
});
