"""Starts the worker of django-background-tasks, and puts back the tasks that a worker on this machine was cut off in: the queue itself
would leave them locked for MAX_RUN_TIME, an hour. It is stopped by SIGTERM as other workers are, and not only by SIGTSTP.

Usage: python -m roadie_process_tasks MANAGE.PY process_tasks ...   (in a release's virtualenv, Python 3.8 or newer, with Django's environment)

What was tried three times is left to the queue: it may be what takes its worker down each time.
"""

import os
import signal
import sys

from roadie_queue import apart, lives, manage

MOST = 3


def stop(*_):
    """The worker's own handler finishes what runs; before it is there, nothing does."""
    if not callable(signal.getsignal(signal.SIGTSTP)):
        sys.exit(0)
    os.kill(os.getpid(), signal.SIGTSTP)


def put_back():
    import django

    django.setup()
    from background_task.models import Task
    from django.db import connections
    from django.db.models import F

    place = str(connections[Task.objects.db].settings_dict.get("HOST") or "")
    # Numbers of processes mean nothing where workers of other machines write theirs.
    if not (place == "" or place.startswith("/") or place in ("localhost", "127.0.0.1", "::1")):
        return
    for task in Task.objects.filter(locked_by__isnull=False, attempts__lt=MOST):
        if not str(task.locked_by).isdigit() or lives(int(task.locked_by), b"process_tasks"):
            continue
        same = Task.objects.filter(pk=task.pk, locked_by=task.locked_by, locked_at=task.locked_at)
        if same.update(locked_by=None, locked_at=None, attempts=F("attempts") + 1):
            sys.stderr.write("Roadie has put back the task %s (%s), in which a worker was cut off\n" % (task.pk, task.task_name))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    apart(put_back)
    manage()
