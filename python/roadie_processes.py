"""Runs a server in several processes that accept from one socket: `python -m roadie_processes 3 SERVER ARGUMENT...`.

For servers that fork none themselves, or whose parent cuts requests off when it is told to stop. Each process is the server with one
worker, which finishes its requests on SIGTERM; this one passes the signal on and waits. It is not in the way of a request, since the
processes accept from the descriptor that all of them inherit.
"""

import os
import signal
import sys
import time

# A process that ends sooner will do so again: whoever supervises this decides what to do.
SOON_SECONDS = 5

_WAITED_FOR = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


def _start(command):
    """Starts one process; answers its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITED_FOR)
        # Systemd's protocol names the process that is meant.
        if "LISTEN_PID" in os.environ:
            os.environ["LISTEN_PID"] = str(os.getpid())
        os.execv(command[0], command)
    except OSError as error:
        sys.stderr.write("Roadie: %s: %s\n" % (command[0], error.strerror))
        sys.stderr.flush()
    finally:
        os._exit(127)


def _ended():
    """The pid and status of each process that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


def _tell(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def run(count, command):
    """Keeps `count` processes running until told to stop; answers the exit code. 1 where one ends as soon as it has started."""
    # Signals are taken one after another, so none comes between a start and the note of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    started = {_start(command): time.monotonic() for _ in range(count)}
    stopping = False
    failed = False
    while started:
        number = signal.sigwait(_WAITED_FOR)
        if number != signal.SIGCHLD:
            stopping = True
            _tell(started, signal.SIGTERM)
        for pid, status in _ended():
            began = started.pop(pid, None)
            if stopping or began is None:
                continue
            sys.stderr.write("Roadie: process %d of the server has ended (status %d)\n" % (pid, status))
            sys.stderr.flush()
            if time.monotonic() - began < SOON_SECONDS:
                stopping = failed = True
                _tell(started, signal.SIGTERM)
            else:
                started[_start(command)] = time.monotonic()
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "1":
        os.execv(sys.argv[2], sys.argv[2:])
    sys.exit(run(int(sys.argv[1]), sys.argv[2:]))
