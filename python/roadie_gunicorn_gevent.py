"""Gunicorn's worker with greenlets, but for its end when its parent has died: `--worker-class=roadie_gunicorn_gevent.Worker`.

Gunicorn's own exits at its next sign of life, once a second, and cuts off what it has begun. The supervisor starts the next parent on the
same socket and asks these workers to stop: they may finish, as those of the other classes do.
"""

from gunicorn.workers.ggevent import GeventWorker


class Worker(GeventWorker):
    def notify(self):
        try:
            super().notify()
        except SystemExit:
            # As on SIGTERM: it accepts no more, and leaves once its requests have ended.
            self.alive = False
