import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { statusSchema } from '../../src/contract/status.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { type Latencies, steadyLoad } from '../rig/steady-load.ts';
import { TinyProject } from '../rig/tiny-project.ts';
import { type HeldWebSocket, holdWebSocket } from '../rig/web-socket.ts';

type Server = {
  readonly web: string;
  /** The web line of the project's Procfile; absent: it has none. */
  readonly procfile?: string;
  /** What the page says that serves it. */
  readonly says: string;
  /** With which code its WebSockets end at a deploy; absent where it runs the WSGI application. */
  readonly closes?: number;
};

/** From each to the next by a deploy, so each takes over and is taken over from. */
const servers: readonly Server[] = [
  { web: 'worker_class = "sync"', says: 'gunicorn.workers.sync' },
  { web: 'worker_class = "gevent"', says: 'gunicorn.workers.ggevent' },
  { web: 'worker_class = "uvicorn"', says: 'uvicorn_worker', closes: 1012 },
  { web: 'server = "uwsgi"', says: 'uwsgi' },
  { web: 'server = "uvicorn"', says: 'uvicorn', closes: 1012 },
  { web: 'server = "hypercorn"', says: 'hypercorn', closes: 1012 },
  { web: 'server = "daphne"', says: 'daphne.server', closes: 1012 },
  // It ends WebSockets by itself, without a word.
  { web: '', procfile: 'granian --interface asgi tiny.asgi:application', says: 'granian.asgi', closes: 1006 },
  { web: 'server = "granian"', says: 'granian.wsgi' },
];

/** One site that goes from server to server; each test goes on where the one before ended. */
describe('application servers', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;

  const front = async (): Promise<unknown> => {
    const page = await box.get(domain, '/', { headers: { 'x-real-ip': '192.0.2.1', 'x-forwarded-for': '192.0.2.1' } });
    return page.status === 200 ? JSON.parse(page.body) : page.status;
  };
  const webProcess = async (): Promise<number> => {
    const { sites } = statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout));
    const pid = sites[0]?.services.find(({ name }) => name === 'web')?.pid;
    if (pid === undefined || pid === null) throw new Error('web does not run');
    return pid;
  };
  const configure = (web: string, procfile?: string): Promise<void> =>
    project.write({
      Procfile: procfile === undefined ? '' : `web: ${procfile}\n`,
      'roadie.toml': `[web]\nworkers = 2\ntimeout_seconds = 10\n${web}\n\n[bake]\nseconds = 0\n`,
    });

  /** Deploys while pages are asked for, some of which take a second. */
  const deployUnderLoad = async (): Promise<readonly Latencies[]> => {
    const over = new AbortController();
    const target = { port: box.ports.https, domain };
    const loads = [
      steadyLoad({ ...target, path: '/' }, { rate: 10, until: over.signal }),
      steadyLoad({ ...target, path: '/slow/' }, { rate: 1, until: over.signal }),
    ];
    const ran = await box.roadie(['deploy', site]).finally(() => over.abort());
    expect(ran.code, ran.all).toBe(0);
    return Promise.all(loads);
  };

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('serve');
    domain = `${site}.localhost`;
    project = await TinyProject.make('first');
    await project.write(files);
    await configure('worker_class = "gthread"');
    const ran = await box.up(project.folder, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  let held: HeldWebSocket | undefined;
  let expected: number | undefined;

  test.each(servers.map((server) => [server.procfile ?? server.web, server] as const))(
    '%s takes over without a failed request, and is back after a kill',
    async (_name, { web, procfile, says, closes }) => {
      await configure(web, procfile);
      const loads = await deployUnderLoad();
      expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
      expect(loads[1]?.sorted.length).toBeGreaterThan(0);
      expect(await front()).toEqual({
        says,
        address: '127.0.0.1',
        secure: true,
        application: closes ? 'asgi' : 'wsgi',
      });
      expect(await held?.closed).toBe(expected);

      process.kill(await webProcess(), 'SIGKILL');
      expect(await front()).toMatchObject({ says });
      expected = closes;
      const address = { domain, port: box.ports.https, path: '/echo/' };
      held = closes === undefined ? undefined : await holdWebSocket(address, 'hello');
    },
  );
});

/** Both applications, a page that says what runs it, and one that takes a second. */
const files = {
  'requirements.txt':
    'Django>=5.2,<5.3\ngunicorn\ngevent\nuvicorn\nuvicorn-worker\nwebsockets\npyuwsgi\ngranian\ndaphne\n',
  'tiny/urls.py':
    'from django.urls import path\nfrom tiny import views\nurlpatterns = [path("", views.front), path("slow/", views.slow)]\n',
  'tiny/views.py': `import sys
import time

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, JsonResponse

NAMES = ["gunicorn.workers.sync", "gunicorn.workers.ggevent", "uvicorn_worker", "hypercorn", "daphne.server", "uvicorn"]


def server(kind):
    try:
        import uwsgi
        return "uwsgi"
    except ImportError:
        if "granian" in sys.modules:
            return "granian." + kind
        return next((name for name in NAMES if name in sys.modules), "another")


def front(request):
    kind = "asgi" if isinstance(request, ASGIRequest) else "wsgi"
    return JsonResponse({
        "says": server(kind), "application": kind, "address": request.META.get("REMOTE_ADDR"), "secure": request.is_secure(),
    })


def slow(request):
    time.sleep(1)
    return HttpResponse("late")
`,
  'tiny/asgi.py': `import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.settings")
django = get_asgi_application()


async def application(scope, receive, send):
    if scope["type"] == "http":
        return await django(scope, receive, send)
    if scope["type"] != "websocket":
        raise ValueError(scope["type"])
    while True:
        message = await receive()
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        else:
            return
`,
};
