"""Starts the worker of Django's tasks in the database, and puts back the tasks that a worker on this machine was cut off in: at a
deploy that could wait no longer, by a crash, by a power cut. Of its own accord nobody would run them again: they count as running.

Usage: python -m roadie_db_worker MANAGE.PY db_worker ...     (in a release's virtualenv, Python 3.8 or newer, with Django's environment)

A worker's id tells its process apart from all others. A task is put back three times at the most, and then failed: it takes its
worker down each time.
"""

import importlib.util
import os
import sys

from roadie_queue import apart, host, manage, since

MOST = 3
MARK = "roadie"


def worker_id(pid):
    """At most 64 characters are allowed."""
    return "%s:%s:%d:%s" % (MARK, host()[:24], pid, since(pid))


def cut_off(identity):
    """Whether a worker that was started here is gone. Others' are theirs to know."""
    parts = str(identity).rsplit(":", 2)
    if len(parts) != 3 or parts[0] != "%s:%s" % (MARK, host()[:24]) or not parts[1].isdigit():
        return False
    return str(since(int(parts[1]))) != parts[2]


def knows_ids():
    """Whether the installed version lets its worker be named. Read, since Django is not set up yet."""
    for package, inner in (("django_tasks_db", ""), ("django_tasks", "backends/database")):
        spec = importlib.util.find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or []:
            try:
                with open(os.path.join(folder, inner, "management/commands/db_worker.py"), encoding="utf-8") as file:
                    return "--worker-id" in file.read()
            except OSError:
                continue
    return False


def put_back():
    import django

    django.setup()
    from django.apps import apps

    model = next((one for one in apps.get_models() if one.__name__ == "DBTaskResult"), None)
    if model is None:
        return
    for task in model.objects.filter(status="RUNNING"):
        if not task.worker_ids or not cut_off(task.worker_ids[-1]):
            continue
        if len(task.worker_ids) > MOST:
            task.set_failed(RuntimeError("it was cut off %d times" % len(task.worker_ids)))
            sys.stderr.write("Roadie has failed the task %s (%s): it was cut off %d times\n" % (task.pk, task.task_path, len(task.worker_ids)))
        # Several workers can start at the same moment, and one may have begun with it again already.
        elif model.objects.filter(pk=task.pk, status="RUNNING", started_at=task.started_at).update(status="READY", started_at=None):
            sys.stderr.write("Roadie has put back the task %s (%s), in which a worker was cut off\n" % (task.pk, task.task_path))


if __name__ == "__main__":
    if knows_ids() and not any(one.startswith("--worker-id") for one in sys.argv):
        apart(put_back)
        sys.argv.append("--worker-id=" + worker_id(os.getpid()))
    manage()
