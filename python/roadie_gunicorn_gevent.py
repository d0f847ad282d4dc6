"""Gunicorn's worker with greenlets, but for two things: `--worker-class=roadie_gunicorn_gevent.Worker`.

When its parent has died, Gunicorn's own exits at its next sign of life, once a second, and cuts off what it has begun. The supervisor
starts the next parent on the same socket and asks these workers to stop: they may finish, as those of the other classes do.

Each visitor's connection has a greenlet of its own, and Django's connections to the database belong to a greenlet. Where `CONN_MAX_AGE`
keeps them, nobody finds them again, and the database has none left after as many requests as it allows connections.
"""

import sys

from gunicorn.workers.ggevent import GeventWorker


class Worker(GeventWorker):
    def notify(self):
        try:
            super().notify()
        except SystemExit:
            # As on SIGTERM: it accepts no more, and leaves once its requests have ended.
            self.alive = False

    def handle(self, listener, client, addr):
        try:
            super().handle(listener, client, addr)
        finally:
            database = sys.modules.get("django.db")
            if database is not None:
                database.connections.close_all()
