"""Granian on the listening socket that it inherits as descriptor 3: `python -m roadie_granian --interface=wsgi …`.

Its own command opens a path by itself and fails where there is something, so a socket could not outlive its process. What differs here
is where the socket comes from, and that WebSockets are closed at a stop with 1012 (service restart) and not without a word.
"""

import argparse
import asyncio
import inspect
import signal
import socket
import sys

try:
    from granian import _signals
    from granian._granian import SocketHolder, WorkerSignal
    from granian.constants import Interfaces
    from granian.server import Server
except ImportError as error:
    sys.exit("Roadie: this Granian cannot be handed a unix socket (%s): 2.5 or newer can" % error)

DESCRIPTOR = 3
BACKLOG = 2048
CLOSE_SECONDS = 1

# A task that nobody holds may be forgotten.
_leaving = []


class _Inherited(Server):
    def _init_shared_socket(self):
        self._sfd = DESCRIPTOR
        self._shd = SocketHolder(DESCRIPTOR, True, self.backlog)
        # Kept open under its number for the processes that are started.
        self._sso = socket.socket(fileno=DESCRIPTOR)
        self._sso.set_inheritable(True)

    def _drop_shared_socket(self):
        """Left open: it is the supervisor's, and who waits in it is served by another."""


def _close_websockets_first(loop):
    """Stands for Granian's own: what it answers is set once a process that runs an ASGI application shall stop."""
    stop = WorkerSignal()

    async def leave():
        from roadie_asgi import close_websockets

        try:
            await asyncio.wait_for(close_websockets(), CLOSE_SECONDS)
        finally:
            stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: _leaving.append(loop.create_task(leave())))
    return stop


# A process that is started, and not forked, imports this file as well.
_signals.set_loop_signals = _close_websockets_first


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interface", choices=["wsgi", "asgi"], required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--timeout", type=int, required=True)
    parser.add_argument("application")
    given = parser.parse_args()
    options = {
        "target": given.application,
        "interface": Interfaces(given.interface),
        "workers": given.workers,
        "backlog": BACKLOG,
        "respawn_failed_workers": True,
        "workers_kill_timeout": given.timeout,
        "websockets": given.interface == "asgi",
    }
    if given.interface == "wsgi":
        options["blocking_threads"] = given.threads
        # A process takes what its threads can work on and no more: what waits, waits in the socket.
        options["backpressure"] = given.threads
    known = inspect.signature(Server.__init__).parameters
    _Inherited(**{name: value for name, value in options.items() if name in known}).serve()


if __name__ == "__main__":
    main()
