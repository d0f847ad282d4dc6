"""Daphne on the listening socket that it inherits as descriptor 3: `python -m roadie_daphne SECONDS package.module:name`.

Its own command opens a path by itself, or takes a descriptor for TCP. And it cuts every request off on SIGTERM: here it stops
accepting, lets what has begun end for SECONDS, and closes WebSockets then with 1012 (service restart).
"""

import os
import signal
import sys

# Imported first: it installs the reactor that runs on asyncio.
from daphne.server import Server

from roadie_entry import load
from twisted.internet import defer, reactor, unix

DESCRIPTOR = 3
BACKLOG = 2048
SERVICE_RESTART = 1012


class _Inherited(unix.Port):
    """A port that neither changes the mode of its socket's file nor removes it: the file is the supervisor's, and may be another's by now."""

    def __init__(self, *arguments, **options):
        unix.Port.__init__(self, *arguments, **options)
        # What is not in the file system is left alone.
        self._bindPath = b"\0"
        self.backlog = BACKLOG


class _Draining(Server):
    """A server that is given time before its applications are cancelled."""

    def __init__(self, seconds, application):
        super().__init__(
            application=application, endpoints=["inherited"], signal_handlers=True, action_logger=None, verbosity=2, proxy_forwarded_address_header=None,
            application_close_timeout=seconds, http_timeout=None, server_name="", ready_callable=self.accept,
        )
        # What it would open by itself: it refuses to have none.
        self.endpoints = []
        self.seconds = seconds
        self.port = None

    def accept(self):
        os.set_blocking(DESCRIPTOR, False)
        self.port = _Inherited._fromListeningDescriptor(reactor, DESCRIPTOR, self.http_factory)
        self.port.startListening()

    def kill_all_applications(self):
        if self.port is not None:
            self.port.stopReading()
        done = defer.Deferred()
        self._wait(done, reactor.seconds() + self.seconds)
        return done

    def _wait(self, done, until):
        open_ones = [details["application_instance"] for details in self.connections.values()]
        waiting = [one for one in open_ones if one is not None and not one.done()]
        if waiting and reactor.seconds() < until:
            reactor.callLater(0.05, self._wait, done, until)
            return
        for protocol in list(self.connections):
            if hasattr(protocol, "serverClose"):
                protocol.serverClose(code=SERVICE_RESTART)
        # The close frames leave before the applications are cancelled and the transports closed.
        reactor.callLater(0.1 if waiting else 0, self._finish, done)

    def _finish(self, done):
        super().kill_all_applications().addCallback(lambda _: done.callback(None))


if __name__ == "__main__":
    # As the command of Daphne has it: Python's own handler would raise in the middle of anything.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from asgiref.compatibility import guarantee_single_callable

    _Draining(float(sys.argv[1]), guarantee_single_callable(load(sys.argv[2]))).run()
