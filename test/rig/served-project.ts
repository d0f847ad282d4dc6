import { request } from 'node:https';
import { text } from 'node:stream/consumers';

import type { Box } from './box.ts';
import { statusOf } from './refused.ts';
import { TinyProject } from './tiny-project.ts';

/** What the project is served by, and how that shows. */
export type ServedBy = {
  readonly web: string;
  /** The web line of the project's Procfile; absent: it has none. */
  readonly procfile?: string;
  /** What the page says that serves it. */
  readonly says: string;
  /** With which code its WebSockets end at a deploy; absent where it runs the WSGI application. */
  readonly closes?: number;
  /** Its other processes exit with what they have begun where the first is killed. */
  readonly diesWhole?: true;
};

/** Every application server, in each of its ways to work that differ at a hand-over. */
export const servers: readonly ServedBy[] = [
  { web: 'worker_class = "sync"', says: 'gunicorn.workers.sync' },
  { web: 'worker_class = "gevent"', says: 'gunicorn.workers.ggevent' },
  { web: 'worker_class = "uvicorn"', says: 'uvicorn_worker', closes: 1012 },
  { web: 'server = "uwsgi"', says: 'uwsgi', diesWhole: true },
  { web: 'server = "uvicorn"', says: 'uvicorn', closes: 1012 },
  { web: 'server = "hypercorn"', says: 'hypercorn', closes: 1012 },
  { web: 'server = "daphne"', says: 'daphne.server', closes: 1012 },
  { web: '', procfile: 'granian --interface asgi tiny.asgi:application', says: 'granian.asgi', closes: 1012 },
  { web: 'server = "granian"', says: 'granian.wsgi' },
  { web: 'worker_class = "gthread"', says: 'gunicorn.workers.gthread' },
];

/** A project with a WSGI and an ASGI application that can be served by each of {@link servers}. */
export async function makeServedProject(): Promise<TinyProject> {
  const project = await TinyProject.make('first');
  await project.write(files);
  return project;
}

/** Has the next release served so, by two processes, without a watch over it afterwards. */
export function serveWith(project: TinyProject, { web, procfile }: Pick<ServedBy, 'web' | 'procfile'>): Promise<void> {
  return project.write({
    Procfile: procfile === undefined ? '' : `web: ${procfile}\n`,
    'roadie.toml': `[web]\nworkers = 2\ntimeout_seconds = 10\n${web}\n\n[bake]\nseconds = 0\n`,
  });
}

/** The pid of the web server of the only site. */
export async function webProcess(box: Box): Promise<number> {
  const pid = (await statusOf(box)).sites[0]?.services.find(({ name }) => name === 'web')?.pid;
  if (pid === undefined || pid === null) throw new Error('web does not run');
  return pid;
}

/** Asks for the page that comes in two parts; resolves once the first is here, with how the whole ends. */
export function beginPage(box: Box, domain: string): Promise<{ readonly whole: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: box.ports.https,
        path: '/parts/',
        servername: domain,
        rejectUnauthorized: false,
        agent: false,
        headers: { host: `${domain}:${box.ports.https}` },
      },
      (response) => resolve({ whole: text(response).catch(String) }),
    );
    asked.on('error', reject);
    asked.end();
  });
}

/** Both applications, a page that says what runs it, one that takes a second, and one that comes in two parts. */
const files = {
  'requirements.txt':
    'Django>=5.2,<5.3\ngunicorn\ngevent\nuvicorn\nuvicorn-worker\nwebsockets\npyuwsgi\ngranian\ndaphne\n',
  'tiny/urls.py':
    'from django.urls import path\nfrom tiny import views\nurlpatterns = [path("", views.front), path("slow/", views.slow), path("parts/", views.parts)]\n',
  'tiny/views.py': `import asyncio
import sys
import time

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse

NAMES = ["gunicorn.workers.sync", "gunicorn.workers.gthread", "gunicorn.workers.ggevent", "uvicorn_worker", "hypercorn", "daphne.server", "uvicorn"]


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


def parts(request):
    comes = coming_async() if isinstance(request, ASGIRequest) else coming()
    return StreamingHttpResponse(comes, headers={"X-Accel-Buffering": "no"})


def coming():
    yield "begun, "
    time.sleep(1.5)
    yield "ended"


async def coming_async():
    yield "begun, "
    await asyncio.sleep(1.5)
    yield "ended"
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
