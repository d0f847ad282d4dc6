import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Contents of a project's files by their path in it. */
export type ProjectFiles = Readonly<Record<string, string>>;

/** Writes a project as somebody who never heard of Roadie would have it. */
export async function writeProject(folder: string, files: ProjectFiles): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** The settings that every project has, in the words of `startproject`. */
function settings(apps: readonly string[], rest: string): string {
  const names = ['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.staticfiles', ...apps];
  return `from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "django-insecure-not-for-production"
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = ${JSON.stringify(names)}
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "shop.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
STATIC_URL = "static/"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
${rest}`;
}

const manage = `import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
`;

/** `shop/wsgi.py`, or `shop/asgi.py`. */
function application(kind: 'wsgi' | 'asgi'): string {
  return `import os

from django.core.${kind} import get_${kind}_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_${kind}_application()
`;
}

/** One page that says `words`. */
export function pageProject(words: string): ProjectFiles {
  return {
    'requirements.txt': 'Django>=5.2,<5.3\n',
    'manage.py': manage,
    'shop/__init__.py': '',
    'shop/settings.py': settings([], 'WSGI_APPLICATION = "shop.wsgi.application"\n'),
    'shop/wsgi.py': application('wsgi'),
    'shop/urls.py': `from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse(${JSON.stringify(words)}))]
`,
  };
}

/**
 * A Celery project in the folder `service` of its repository: a page enqueues an addition, the worker stores the sum, beat ticks
 * every second, and the front page has the sums and the number of ticks.
 */
export const celeryProject: ProjectFiles = {
  'README.md': '# A shop\n',
  'service/requirements.txt': 'Django>=5.2,<5.3\ncelery>=5.4,<6\nredis>=5\n',
  'service/manage.py': manage,
  'service/shop/__init__.py': 'from .celery import app as celery_app\n\n__all__ = ("celery_app",)\n',
  'service/shop/celery.py': `import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
app = Celery("shop", broker="redis://redis:6379/0", backend="redis://redis:6379/2")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
`,
  'service/shop/settings.py': settings(
    ['sums'],
    `WSGI_APPLICATION = "shop.wsgi.application"
CELERY_BEAT_SCHEDULE = {"tick": {"task": "sums.tasks.tick", "schedule": 1.0}}
`,
  ),
  'service/shop/wsgi.py': application('wsgi'),
  'service/shop/urls.py': `from django.http import HttpResponse
from django.urls import path

from sums.models import Sum
from sums.tasks import add


def front(request):
    sums = Sum.objects.exclude(value=0).values_list("value", flat=True)
    return HttpResponse(f"sums {list(sums)} ticks {Sum.objects.filter(value=0).count()}")


def ask(request, left, right):
    return HttpResponse(f"asked, told {add.delay(left, right).get(timeout=30)}")


urlpatterns = [path("", front), path("add/<int:left>/<int:right>/", ask)]
`,
  'service/sums/__init__.py': '',
  'service/sums/models.py': `from django.db import models


class Sum(models.Model):
    value = models.IntegerField()
`,
  'service/sums/migrations/__init__.py': '',
  'service/sums/migrations/0001_initial.py': `from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Sum", [("id", models.BigAutoField(primary_key=True, auto_created=True, serialize=False, verbose_name="ID")), ("value", models.IntegerField())]),
    ]
`,
  'service/sums/tasks.py': `from celery import shared_task

from .models import Sum


@shared_task
def add(left, right):
    return Sum.objects.create(value=left + right).value


@shared_task
def tick():
    Sum.objects.create(value=0)
`,
};

/** A project without WSGI that answers a page and sends back what it is told over a WebSocket. */
export const asgiProject: ProjectFiles = {
  'requirements.txt': 'Django>=5.2,<5.3\nuvicorn>=0.30\n',
  'manage.py': manage,
  'shop/__init__.py': '',
  'shop/settings.py': settings([], 'ASGI_APPLICATION = "shop.asgi.application"\n'),
  'shop/asgi.py': `${application('asgi').replace('application = get', 'pages = get')}

async def application(scope, receive, send):
    if scope["type"] != "websocket":
        return await pages(scope, receive, send)
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": "heard " + message["text"]})
`,
  'shop/urls.py': `from django.http import HttpResponse
from django.urls import path


async def front(request):
    return HttpResponse(f"{request.scheme} {request.META['REMOTE_ADDR']} {type(request).__name__}")


urlpatterns = [path("", front)]
`,
};
