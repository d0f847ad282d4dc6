import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { GitRepository } from '../../test/rig/git-repository.ts';
import { TinyProject } from '../../test/rig/tiny-project.ts';

/** A site of the bench: its name, its project's work tree, and the repository that it follows. */
export class BenchSite {
  readonly name: string;
  readonly project: TinyProject;
  readonly repository: GitRepository;

  private constructor(name: string, project: TinyProject, repository: GitRepository) {
    this.name = name;
    this.project = project;
    this.repository = repository;
  }

  /**
   * Makes the project. `open`: it has an address that runs whatever Python it is sent, as a site has that was broken into; without it
   * the site is innocent. `domains`: besides its own.
   */
  static async make(
    name: string,
    options: { readonly open: boolean; readonly domains?: readonly string[] },
  ): Promise<BenchSite> {
    const project = await TinyProject.make(name);
    const settings = await readFile(join(project.folder, 'tiny/settings.py'), 'utf8');
    await project.write({
      'requirements.txt': 'Django>=5.2,<5.3\nredis\n',
      'tiny/settings.py': settings.replace('"notes"]', '"notes", "door.apps.Door"]') + more,
      'tiny/urls.py': urls(options.open),
      'door/__init__.py': '',
      'door/apps.py': apps,
      'door/views.py': views,
      'roadie.toml': config([`${name}.localhost`, ...(options.domains ?? [])]),
      // What no visitor may get, although collectstatic publishes it.
      'notes/static/notes/views.py': 'SECRET = "published-by-mistake"\n',
      // What takes long to read slowly.
      'notes/static/notes/large.css': `/* ${'x'.repeat(4_000_000)} */\n`,
      'notes/static/notes/db.sqlite3': 'published-by-mistake\n',
    });
    return new BenchSite(name, project, GitRepository.make(project.folder));
  }

  get domain(): string {
    return `${this.name}.localhost`;
  }

  /** Commits files and pushes; answers the commit. */
  async commit(files: Readonly<Record<string, string>>, message = 'another commit'): Promise<string> {
    await this.project.write(files);
    return this.repository.push(message);
  }
}

/** The config of a site of the bench. `poll`: off, or how often its repository is asked; `bake`: seconds of the watch. */
export function config(
  domains: readonly string[],
  options: { readonly poll?: string; readonly bake?: number } = {},
): string {
  return `domains = [${domains.map((domain) => `"${domain}"`).join(', ')}]
database = "postgresql"

[health]
path = "/health/"
timeout_seconds = 10
tries = 3

[source]
poll = "${options.poll ?? 'off'}"

[bake]
seconds = ${options.bake ?? 0}
`;
}

const more = `
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:6379/0"}}
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "media"
SECURE_HSTS_SECONDS = 31_536_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000_000
`;

function urls(open: boolean): string {
  return `from django.urls import path
from tiny import views
from door import views as door

urlpatterns = [
    path("", views.front),
    path("health/", views.health),
    path("rows/", views.rows),
    path("seen/", door.seen),
    path("counted/", door.counted),
    path("broken/", door.broken),
    path("slow/", door.slow),
${open ? '    path("door/", door.run),\n' : ''}]
`;
}

/** What a commit wants run: \`door/build.py\` by collectstatic, \`door/ready.py\` by every process of the project. */
const apps = `import os
import sys

from django.apps import AppConfig

HERE = os.path.dirname(__file__)


class Door(AppConfig):
    name = "door"

    def ready(self):
        for name, wanted in (("ready.py", True), ("build.py", "collectstatic" in sys.argv)):
            path = os.path.join(HERE, name)
            if wanted and os.path.exists(path):
                with open(path) as file:
                    exec(compile(file.read(), path, "exec"), {"__file__": path})
`;

const views = `import contextlib
import io
import time
import traceback

from django.http import HttpResponse, JsonResponse

BODIES = []


def run(request):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(request.body.decode(), "sent", "exec"), {"__name__": "sent"})
    except BaseException:
        said.write("raised " + traceback.format_exc())
    return HttpResponse(said.getvalue(), content_type="text/plain")


def seen(request):
    meta = {name: value for name, value in request.META.items() if isinstance(value, str) and name not in ENVIRONMENT}
    return JsonResponse({"meta": meta, "secure": request.is_secure(), "host": request.get_host(), "length": len(request.body)})


def counted(request):
    BODIES.append(len(request.body))
    return JsonResponse({"calls": len(BODIES)})


def broken(request):
    raise RuntimeError("this address has always been broken")


def slow(request):
    time.sleep(0.05)
    return HttpResponse("slow")


import os

ENVIRONMENT = set(os.environ)
`;
