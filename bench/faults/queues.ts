import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { Box } from '../../test/rig/box.ts';
import { until } from './until.ts';
import { type Target, Visitor } from './visitor.ts';

/** What became of the jobs of one queue. */
export type QueueResult = { readonly sent: number; readonly lost: number; readonly twice: number };

export type QueuesResult = {
  readonly deploys: number;
  readonly celery: QueueResult;
  readonly rq: QueueResult;
  /** Beats told, and how many came while another clock ran as well. */
  readonly beats: { readonly told: number; readonly twice: number; readonly clocks: number };
};

/** A Django project that hands each request's number to Celery and to RQ; both write down what they have done. */
const project: Readonly<Record<string, string>> = {
  'requirements.txt':
    'Django>=5.2,<5.3\ncelery>=5.4,<6\ndjango-rq>=4,<5\nredis>=6,<9\npsycopg[binary]>=3.2.2\ndj-database-url>=3\n',
  'manage.py':
    "import os\nimport sys\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'post.settings')\nfrom django.core.management import execute_from_command_line\n\nexecute_from_command_line(sys.argv)\n",
  Procfile:
    'web: gunicorn post.wsgi\nworker: celery -A post worker\nbeat: celery -A post beat\nrq: python manage.py rqworker default\n',
  'post/__init__.py': 'from .celery import app as celery_app\n\n__all__ = ["celery_app"]\n',
  'post/celery.py': `import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "post.settings")
app = Celery("post")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {"tick": {"task": "jobs.tasks.beat", "schedule": 1.0}}
`,
  'post/settings.py': `import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_rq", "jobs"]
MIDDLEWARE = []
ROOT_URLCONF = "post.urls"
WSGI_APPLICATION = "post.wsgi.application"
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = os.environ["REDIS_URL"]
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", REDIS_URL)
RQ_QUEUES = {"default": {"URL": REDIS_URL}}
USE_TZ = True
`,
  'post/wsgi.py':
    'import os\n\nfrom django.core.wsgi import get_wsgi_application\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "post.settings")\napplication = get_wsgi_application()\n',
  'post/urls.py': `import django_rq
from django.http import HttpResponse, JsonResponse
from django.urls import path

from jobs.models import Beat, Done
from jobs.tasks import by_celery, by_rq


def health(request):
    return HttpResponse("ok")


def send(request, number):
    try:
        by_celery.delay(number)
        django_rq.enqueue(by_rq, number)
    except Exception as error:
        return HttpResponse(repr(error), status=500)
    return HttpResponse("sent")


def done(request):
    return JsonResponse({
        "celery": list(Done.objects.filter(queue="celery").values_list("number", flat=True)),
        "rq": list(Done.objects.filter(queue="rq").values_list("number", flat=True)),
        "beats": list(Beat.objects.order_by("sent").values_list("clock", flat=True)),
    })


urlpatterns = [path("health/", health), path("send/<int:number>/", send), path("done/", done)]
`,
  'jobs/__init__.py': '',
  'jobs/models.py': `from django.db import models


class Done(models.Model):
    queue = models.CharField(max_length=10)
    number = models.IntegerField()


class Beat(models.Model):
    clock = models.CharField(max_length=100)
    sent = models.BigIntegerField()
`,
  'jobs/migrations/__init__.py': '',
  'jobs/migrations/0001_initial.py': `from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Done", [
            ("id", models.BigAutoField(primary_key=True)),
            ("queue", models.CharField(max_length=10)),
            ("number", models.IntegerField()),
        ]),
        migrations.CreateModel("Beat", [
            ("id", models.BigAutoField(primary_key=True)),
            ("clock", models.CharField(max_length=100)),
            ("sent", models.BigIntegerField()),
        ]),
    ]
`,
  'jobs/tasks.py': `import time

from celery import shared_task
from celery.signals import before_task_publish

from .models import Beat, Done


@before_task_publish.connect
def stamp(headers=None, **kwargs):
    headers["sent"] = time.time_ns()


@shared_task
def by_celery(number):
    time.sleep(0.4)
    Done.objects.create(queue="celery", number=number)


def by_rq(number):
    time.sleep(0.1)
    Done.objects.create(queue="rq", number=number)


@shared_task(bind=True)
def beat(self):
    Beat.objects.create(clock=self.request.origin, sent=getattr(self.request, "sent", None) or self.request.headers["sent"])
`,
};

/** Deploys so many times while jobs are sent without a pause, and counts what was done. */
export async function deployUnderJobs(deploys: number, say: (text: string) => void): Promise<QueuesResult> {
  const box = await Box.open();
  const site = box.name('post');
  const folder = join(box.folder, 'project');
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const up = async (): Promise<void> => {
    const ran = await box.up(folder, site, '--yes', '--wait');
    if (ran.code !== 0) throw new Error(ran.all);
  };
  const target: Target = { domain: `${site}.localhost`, port: box.ports.https };
  const visitor = new Visitor(target);
  const get = async (path: string): Promise<string> => {
    const answer = await visitor.ask({ method: 'GET', path });
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}: ${answer.body.slice(0, 300)}`);
    return answer.body;
  };
  try {
    for (const [path, content] of Object.entries(project)) await write(path, content);
    await write('roadie.toml', '[health]\npath = "/health/"\n\n[bake]\nseconds = 0\n');
    await up();
    let sent = 0;
    const end = new AbortController();
    const stream = async (): Promise<void> => {
      while (!end.signal.aborted) {
        await get(`/send/${sent}/`);
        sent += 1;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    };
    const streaming = stream();
    try {
      for (let deploy = 1; deploy <= deploys; deploy += 1) {
        await write('jobs/version.py', `VERSION = ${deploy}\n`);
        await up();
        say(`deploy ${deploy} of ${deploys} under jobs`);
      }
    } finally {
      end.abort();
      await streaming;
    }
    const read = async (): Promise<{ celery: number[]; rq: number[]; beats: string[] }> =>
      JSON.parse(await get('/done/')) as { celery: number[]; rq: number[]; beats: string[] };
    await until('all jobs to be done', 180_000, async () => {
      const { celery, rq } = await read();
      return new Set(celery).size >= sent && new Set(rq).size >= sent;
    }).catch(() => undefined);
    const done = await read();
    // A clock that was replaced never beats again.
    const clocks = done.beats.filter((clock, index) => clock !== done.beats[index - 1]);
    return {
      deploys,
      celery: counted(sent, done.celery),
      rq: counted(sent, done.rq),
      beats: { told: done.beats.length, twice: clocks.length - new Set(clocks).size, clocks: new Set(clocks).size },
    };
  } finally {
    visitor.close();
    await box.close();
  }
}

function counted(sent: number, done: readonly number[]): QueueResult {
  const once = new Set(done);
  return { sent, lost: sent - once.size, twice: done.length - once.size };
}
