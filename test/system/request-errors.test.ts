import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { httpStatus } from '../../src/machine/network/http-probe.ts';
import { type RequestError, requestErrors } from '../../src/problems/request-error.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { expectReadable, statusOf } from '../rig/refused.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const views = `from django.http import HttpResponse, StreamingHttpResponse
from django.template import engines


def front(request):
    return HttpResponse("well")


def health(request):
    return HttpResponse("ok")


def view(request):
    password = "s3cret"
    return HttpResponse({"password": password}["TIMEOUT"])


async def later(request):
    return HttpResponse({}["TIMEOUT"])


def tag(request):
    return HttpResponse(engines["django"].from_string("{% load prices %}{% price %}").render())


def stream(request):
    def parts():
        yield "begun"
        raise RuntimeError("in the stream")

    return StreamingHttpResponse(parts())
`;

const files = {
  'tiny/views.py': views,
  'tiny/urls.py':
    'from django.urls import path\nfrom tiny import views\nurlpatterns = [path("", views.front), path("health/", views.health)] + [path(name + "/", getattr(views, name)) for name in ("view", "later", "tag", "stream")]\n',
  'tiny/middleware.py':
    'def fails(get_response):\n    def middleware(request):\n        if request.path == "/middleware/":\n            raise ValueError("in the middleware")\n        return get_response(request)\n\n    return middleware\n',
  'notes/templatetags/__init__.py': '',
  'notes/templatetags/prices.py':
    'from django import template\n\nregister = template.Library()\n\n\n@register.simple_tag\ndef price():\n    return 1 / 0\n',
};

const moreSettings = `
MIDDLEWARE += ["tiny.middleware.fails"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
`;

/** What fails, and what is told of it. */
const failing = [
  ['/view/', "KeyError: 'TIMEOUT' at tiny/views.py:15"],
  ['/later/', "KeyError: 'TIMEOUT' at tiny/views.py:19"],
  ['/tag/', 'ZeroDivisionError: division by zero at notes/templatetags/prices.py:8'],
  ['/middleware/', 'ValueError: in the middleware at tiny/middleware.py:4'],
] as const;

async function failingProject(): Promise<TinyProject> {
  const project = await TinyProject.make('well');
  await project.write(files);
  const settings = join(project.folder, 'tiny/settings.py');
  await writeFile(settings, (await readFile(settings, 'utf8')) + moreSettings);
  return project;
}

/** As a project that has no other entry than for ASGI. */
async function asAsgi({ folder }: TinyProject): Promise<void> {
  const wsgi = join(folder, 'tiny/wsgi.py');
  const entry = (await readFile(wsgi, 'utf8')).replaceAll('wsgi', 'asgi');
  await writeFile(join(folder, 'tiny/asgi.py'), entry);
  await rm(wsgi);
  const settings = join(folder, 'tiny/settings.py');
  const text = await readFile(settings, 'utf8');
  await writeFile(settings, text.replace('WSGI_APPLICATION = "tiny.wsgi', 'ASGI_APPLICATION = "tiny.asgi'));
}

describe('a request that fails', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let wsgi: string;
  let asgi: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await failingProject();
  });

  afterAll(async () => {
    await rm(project.folder, { recursive: true, force: true });
    await box.close();
  });

  async function logOf(site: string): Promise<readonly string[]> {
    return (await box.roadie(['logs', site, 'web', '-n', '10000'])).stdout.split('\n');
  }

  async function errorsOf(site: string, path: string): Promise<readonly RequestError[]> {
    return requestErrors(await logOf(site)).filter((error) => error.path === path);
  }

  async function expectTold(site: string): Promise<void> {
    const domain = `${site}.localhost`;
    for (const [path] of failing) {
      const page = await box.get(domain, `${path}?token=s3cret`, { headers: { 'X-Request-ID': 'forged' } });
      expect(page.status).toBe(500);
    }
    // Its answer has begun, so Django does not tell: the server does.
    await box.get(domain, '/stream/').catch(() => undefined);
    await expect.poll(() => logOf(site), { timeout: 10_000 }).toContain('RuntimeError: in the stream');
    const log = await logOf(site);
    expect(log.join('\n')).not.toMatch(/forged|token|: s3cret|'s3cret'/);
    const release = (await statusOf(box)).sites.find(({ name }) => name === site)?.release;
    for (const [path, error] of failing) {
      const told = requestErrors(log).filter((each) => each.path === path);
      expect(told).toMatchObject([{ error, release }]);
      // Once, whoever else might write it.
      expect(told[0]?.lines.filter((line) => line === error.split(' at ')[0])).toHaveLength(1);
      // NGINX writes its log every two seconds.
      await expect
        .poll(() => readFile(join(box.folder, 'base/edge/logs', `${site}.access.log`), 'utf8'), { timeout: 10_000 })
        .toMatch(new RegExp(`"GET ${path}\\S* HTTP/1.1" 500 .* ${told[0]?.request}\n`));
    }
  }

  test('leaves its traceback, place, release and request id in the log, under Gunicorn', async () => {
    wsgi = box.name('wsgi');
    const ran = await box.up(project.folder, wsgi, '--yes');
    expect(ran.code, ran.all).toBe(0);
    await expectTold(wsgi);
  });

  test('is quoted where a new release is refused for it, and the old one serves on', async () => {
    await project.write({
      'tiny/views.py': views.replace('return HttpResponse("ok")', 'raise RuntimeError("unwell")'),
    });
    const ran = await box.up(project.folder, wsgi, '--yes');
    expectReadable(ran, 'service-failed');
    expect(ran.all).toContain('GET /health/ answered 500: RuntimeError: unwell at tiny/views.py:10');
    expect((await box.get(`${wsgi}.localhost`, '/health/')).body).toBe('ok');
    await project.write({ 'tiny/views.py': views });
  });

  test('that comes two thousand times is told a few times, and counted', async () => {
    const domain = `${wsgi}.localhost`;
    const before = (await errorsOf(wsgi, '/view/')).length;
    const question = {
      socket: join(box.folder, 'run', wsgi, 'web/web.sock'),
      path: '/view/',
      host: domain,
      headers: { 'X-Forwarded-Proto': 'https' },
      timeoutMs: 30_000,
    };
    const some = async (): Promise<void> => {
      for (let asked = 0; asked < 250; asked += 1) expect(await httpStatus(question)).toBe(500);
    };
    await Promise.all(Array.from({ length: 8 }, some));
    const lines = await logOf(wsgi);
    expect(lines.length).toBeLessThan(2000);
    // What was left out is told at the latest when the process ends.
    expect((await box.roadie(['restart', wsgi, 'web'])).code).toBe(0);
    const counted = async (): Promise<number> => {
      const counts = (await logOf(wsgi)).map((line) =>
        /at tiny\/views\.py:15: (\d+) times more within a minute$/.exec(line),
      );
      const told = (await errorsOf(wsgi, '/view/')).length;
      return counts.reduce((sum, found) => sum + Number(found?.[1] ?? 0), told - before);
    };
    await expect.poll(counted, { timeout: 30_000 }).toBe(2000);
  });

  test('on the front page of a site that has no other health route is the reason why it does not come up', async () => {
    await asAsgi(project);
    await project.write({
      'tiny/urls.py': 'from django.urls import path\nfrom tiny import views\nurlpatterns = [path("", views.tag)]\n',
    });
    asgi = box.name('asgi');
    const ran = await box.up(project.folder, asgi, '--yes');
    expectReadable(ran, 'service-failed');
    expect(ran.all).toContain(
      'GET / answered 500: ZeroDivisionError: division by zero at notes/templatetags/prices.py:8',
    );
    // Its own lines and the innermost one, not those of Django in between.
    expect(ran.all).toContain('return HttpResponse(engines["django"].from_string');
    expect(ran.all).toContain('return 1 / 0');
    expect(ran.all).not.toContain('django/core/handlers');
  });

  test('leaves the same under an ASGI server', async () => {
    await project.write(files);
    const ran = await box.up(project.folder, asgi, '--yes');
    expect(ran.code, ran.all).toBe(0);
    await expectTold(asgi);
  });
});
