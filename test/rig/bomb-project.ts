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
    # As many as it may have, then as many processes more as it takes for 10,000 in all, to the port that serves everybody.
    wanted, open_here = 10000, []
    children = 0
    while True:
        try:
            open_here.append(socket.create_connection(("127.0.0.1", int(to)), timeout=5))
        except OSError:
            if children < 4 and len(open_here) < wanted and os.fork() == 0:
                open_here = open_here[:0]
                children = 4
            else:
                children += 1
                time.sleep(0.01)
        if len(open_here) >= wanted:
            time.sleep(0.05)
`;
