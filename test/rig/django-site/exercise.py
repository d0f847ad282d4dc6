"""Uses queues and caches in every usual way, against a Redis that may refuse commands. Prints what came back as JSON."""

import json
import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django.setup()

import django_rq  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django_redis import get_redis_connection  # noqa: E402
from django_rq.utils import get_statistics  # noqa: E402
from rq import Worker  # noqa: E402
from rq.registry import FailedJobRegistry, ScheduledJobRegistry, StartedJobRegistry  # noqa: E402

from shop.celery import app, double  # noqa: E402
from shop.jobs import add  # noqa: E402


def wait_for(ask, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(0.1)
    return ask()


found = {}
queue = django_rq.get_queue("slow")
job = queue.enqueue(add, 2, 3)
found["rq"] = wait_for(lambda: job.latest_result() and job.latest_result().return_value)
found["rq workers"] = len(Worker.all(connection=queue.connection))
registries = [FailedJobRegistry(queue=queue), ScheduledJobRegistry(queue=queue), StartedJobRegistry(queue=queue)]
found["rq registries"] = [len(each.get_job_ids()) for each in registries]
found["rq statistics"] = len(get_statistics()["queues"])
found["celery"] = double.delay(4).get(timeout=60)
found["celery ping"] = wait_for(lambda: app.control.inspect(timeout=2).ping()) is not None
found["celery stats"] = wait_for(lambda: app.control.inspect(timeout=2).stats()) is not None
found["beat"] = wait_for(lambda: caches["default"].get("ticked"))
for name in ("default", "other"):
    cache = caches[name]
    cache.set_many({"a": 1, "b": 2})
    cache.incr("a")
    cache.touch("b", 60)
    found[name] = [cache.get_many(["a", "b"]), cache.add("a", 5)]
found["keys"] = len(caches["other"].keys("*")) >= 0
caches["other"].delete_pattern("*")
with caches["other"].lock("lock", timeout=5):
    found["lock"] = True
get_redis_connection("other").info()
caches["default"].clear()
errors = queue.connection.info("errorstats")
found["denied"] = errors.get("errorstat_NOPERM", {}).get("count", 0)
print(json.dumps(found))
