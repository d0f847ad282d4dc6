"""Daphne on the listening socket that it inherits as descriptor 3: `python -m roadie_daphne SECONDS package.module:name`.

Its own command opens a path by itself, or takes a descriptor for TCP. And it cuts every request off on SIGTERM: here it stops
accepting, closes WebSockets with 1012 (service restart), and lets requests end for SECONDS.
"""

import os
import signal
import sys

# Imported first: it installs the reactor that runs on asyncio.
from daphne.server import Server

from autobahn.websocket.protocol import WebSocketProtocol
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
        """Called once by the reactor before it stops, which waits for what this answers."""
        if self.port is not None:
            self.port.stopReading()
        for protocol in list(self.connections):
            if getattr(protocol, "state", None) == WebSocketProtocol.STATE_OPEN:
                # What an application may call lets it say only codes of its own.
                protocol.sendCloseFrame(code=SERVICE_RESTART)
        done = defer.Deferred()
        self._wait(done, reactor.seconds() + self.seconds)
        return done

    def _wait(self, done, until):
        # A connection that became a WebSocket stands among them as a request without an application as well.
        started = [details.get("application_instance") for details in self.connections.values()]
        pending = [one for one in started if one is not None and not one.done()]
        if pending and reactor.seconds() < until:
            reactor.callLater(0.05, self._wait, done, until)
            return
        for one in pending:
            one.cancel()
        # A turn of the loop, in which what was cancelled cleans up.
        reactor.callLater(0, done.callback, None)


if __name__ == "__main__":
    # As the command of Daphne has it: Python's own handler would raise in the middle of anything.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from asgiref.compatibility import guarantee_single_callable

    _Draining(float(sys.argv[1]), guarantee_single_callable(load(sys.argv[2]))).run()
