import { TinyProject } from './tiny-project.ts';

/** What a site can do to a machine that has no bounds. */
export type Bomb = 'forks' | 'memory' | 'disk' | 'sockets';

/** A project whose views go off: each starts a process of its own, which goes on when the request is answered. */
export async function makeBombs(): Promise<TinyProject> {
  const project = await TinyProject.make('hello');
  await project.write({
    'bomb.py': bomb,
    'tiny/urls.py': `from django.urls import path
from tiny import views
urlpatterns = [path("", views.front), path("health/", views.health), path("bomb/<str:kind>/", views.explode)]
`,
    'tiny/views.py': `import subprocess, sys
from django.http import HttpResponse


def front(request):
    return HttpResponse("hello")


def health(request):
    return HttpResponse("ok")


def explode(request, kind):
    subprocess.Popen([sys.executable, "bomb.py", kind, request.GET.get("to", "")], start_new_session=True)
    return HttpResponse("lit")
`,
  });
  return project;
}

const bomb = `import os, socket, sys, time

kind, to = sys.argv[1:3]

if kind == "forks":
    # Every process starts others as long as it can, and computes.
    while True:
        try:
            os.fork()
        except OSError:
            for _ in range(100000):
                pass
elif kind == "memory":
    held = []
    while True:
        held.append(bytearray(os.urandom(4096) * 4096))
elif kind == "disk":
    # Several files, as a database or a runaway log would write them.
    number = 0
    while True:
        with open(os.path.join(os.environ["HOME"], "fill-%d-%d" % (os.getpid(), number)), "wb") as file:
            for _ in range(64):
                file.write(b"x" * 1048576)
                time.sleep(0.005)
        number += 1
elif kind == "sockets":
    # 10,000 connections to the port that serves everybody, in as many processes as it takes, opened as fast as can be and held.
    share = 2500
    for _ in range(3):
        if os.fork() == 0:
            break
    held = []
    while True:
        try:
            if len(held) < share:
                held.append(socket.create_connection(("127.0.0.1", int(to)), timeout=5))
            else:
                time.sleep(1)
        except OSError:
            time.sleep(0.1)
`;
