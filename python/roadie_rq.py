"""Starts a project's RQ worker, and puts back the jobs that a worker on this machine was cut off in: at a deploy that could wait no
longer, by a crash, by a power cut. RQ itself would call such a job failed once it is overdue.

Usage: python -m roadie_rq MANAGE.PY rqworker ...     (in a release's virtualenv, Python 3.8 or newer, with Django's environment)

A job is put back three times at the most: what takes its worker down each time is left to RQ.
"""

import sys

from roadie_queue import apart, host, lives, manage

# In a job's meta: how often it was put back.
MARK = "roadie_put_back"
MOST = 3


def cut_off(job, connection):
    """Whether the worker that has begun with a job is gone. What other machines do is theirs to know."""
    machine, pid = connection.hmget("rq:worker:%s" % job.worker_name, "hostname", "pid")
    if pid is None:
        return True
    return (machine or b"").decode() == host() and not lives(int(pid), b"rqworker")


def put_back():
    import django

    django.setup()
    import django_rq
    from django.conf import settings

    for name in settings.RQ_QUEUES:
        queue = django_rq.get_queue(name)
        connection, registry = queue.connection, queue.started_job_registry
        for entry in connection.zrange(registry.key, 0, -1):
            # From RQ 2 on each entry is of one execution: `job:execution`.
            job = queue.fetch_job(entry.decode()) or queue.fetch_job(entry.decode().rpartition(":")[0])
            if job is None or job.get_status() != "started" or not job.worker_name or not cut_off(job, connection):
                continue
            # Several workers can start at the same moment.
            if job.meta.get(MARK, 0) >= MOST or not connection.set("roadie:put-back:" + job.id, 1, nx=True, ex=60):
                continue
            job.meta[MARK] = job.meta.get(MARK, 0) + 1
            job.save_meta()
            # In this order: whoever is killed in between leaves a job that is there twice in the lists, and not one that is lost.
            queue.enqueue_job(job, at_front=True)
            connection.zrem(registry.key, entry)
            sys.stderr.write("Roadie has put back the job %s of %s, in which a worker was cut off\n" % (job.id, name))


if __name__ == "__main__":
    apart(put_back)
    manage()
