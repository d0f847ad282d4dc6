import { TinyProject } from './tiny-project.ts';

/** The queues of the project, by the names of their services. */
export const queueServices = ['huey', 'qcluster', 'dramatiq', 'tasks', 'background-tasks'] as const;

/**
 * A project with five task queues at once, set up as for a developer's machine: Redis on localhost, tasks done at once with DEBUG.
 * `/enqueue/LABEL/COUNT/` gives each of them jobs. A job writes `begin` and `end` into `media/ledger`, and between the two waits
 * for the file `media/open-QUEUE-LABEL`.
 */
export async function makeQueueProject(): Promise<TinyProject> {
  const project = await TinyProject.make('first');
  await project.write({
    'requirements.txt':
      'Django>=5.2,<5.3\nhuey\ndjango-q2\ndjango-dramatiq\ndjango-tasks\ndjango-tasks-db\ndjango-background-tasks\n',
    'tiny/retry.py': retryAfter(600),
    'tiny/production.py': settings,
    'manage.py': `import os, sys\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.production")\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n`,
    'tiny/wsgi.py': `import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.production")\napplication = get_wsgi_application()\n`,
    'tiny/urls.py': `from django.http import HttpResponse
from django.urls import path
from jobs import tasks
from tiny import views


def enqueue(request, label, count):
    for number in range(count):
        tasks.give_all(label, number)
    return HttpResponse("given")


urlpatterns = [path("", views.front), path("health/", views.health), path("enqueue/<label>/<int:count>/", enqueue)]
`,
    'jobs/__init__.py': '',
    'jobs/tasks.py': tasks,
  });
  return project;
}

/** A module of the project: after how many seconds its database gives a job anew that nobody has finished. */
export function retryAfter(seconds: number): string {
  return `SECONDS = ${seconds}\n`;
}

const settings = `from tiny.retry import SECONDS
from tiny.settings import *

INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles", "notes", "jobs",
    "huey.contrib.djhuey", "django_q", "django_dramatiq", "django_tasks", "django_tasks_db", "background_task",
]
WSGI_APPLICATION = "tiny.wsgi.application"
HUEY = {"name": "tiny", "immediate": DEBUG, "connection": {"host": "localhost", "port": 6379, "read_timeout": 2}}
Q_CLUSTER = {"name": "tiny", "orm": "default", "workers": 1, "retry": SECONDS, "timeout": SECONDS - 1, "poll": 0.5}
DRAMATIQ_BROKER = {
    "BROKER": "dramatiq.brokers.redis.RedisBroker",
    "OPTIONS": {"host": "127.0.0.1", "port": 6379, "heartbeat_timeout": 5000, "maintenance_chance": 1000000},
    "MIDDLEWARE": ["dramatiq.middleware.TimeLimit", "dramatiq.middleware.Retries", "django_dramatiq.middleware.DbConnectionsMiddleware"],
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "letters"]}}
`;

const tasks = `import os
import time

import dramatiq
from background_task import background
from django.conf import settings
from django_q.tasks import async_task
from django_tasks import task as django_task
from huey.contrib.djhuey import task as huey_task


def write(*words):
    # One write appends whole, whoever else does.
    ledger = os.open(os.path.join(settings.MEDIA_ROOT, "ledger"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o664)
    os.write(ledger, (" ".join(map(str, words)) + "\\n").encode())
    os.close(ledger)


def work(queue, label, number):
    write("begin", queue, label, number)
    while not os.path.exists(os.path.join(settings.MEDIA_ROOT, "open-%s-%s" % (queue, label))):
        time.sleep(0.05)
    write("end", queue, label, number)


@huey_task()
def on_huey(label, number):
    work("huey", label, number)


@dramatiq.actor
def on_dramatiq(label, number):
    work("dramatiq", label, number)


@django_task(queue_name="letters")
def on_tasks(label, number):
    work("tasks", label, number)


@background(schedule=0)
def on_background_tasks(label, number):
    work("background-tasks", label, number)


def give_all(label, number):
    on_huey(label, number)
    async_task("jobs.tasks.work", "qcluster", label, number)
    on_dramatiq.send(label, number)
    on_tasks.enqueue(label, number)
    on_background_tasks(label, number)
`;
