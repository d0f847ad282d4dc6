"""What every container of an exported site starts with: it fills in secrets, opens the socket, and becomes the program.

    python -m roadie_container [--listen=PATH] [--] PROGRAM ARGUMENT ...
    python -m roadie_container --listen=PATH --descriptor [--] PROGRAM ARGUMENT ...
    python -m roadie_container --probe=PATH HOST ADDRESS

With --listen the program inherits a listening unix socket as file descriptor 3, in systemd's protocol (LISTEN_FDS) unless there is
--descriptor: each application server is started in one way everywhere. --probe asks it as the edge would, and exits with 0 where
the answer is below 500 and not 400. Python 3.8 or newer, standard library only.
"""

import http.client
import os
import socket
import sys

from roadie_secrets import filled

# What may wait while all processes are busy; the kernel's own limit (net.core.somaxconn) is below or equal.
BACKLOG = 4096
FIRST_INHERITED = 3


def listen(path):
    """Opens the socket, in the group of its folder, as file descriptor 3. One that an earlier container has left makes way."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    # Nobody connects before the mode is right.
    before = os.umask(0o117)
    opened.bind(path)
    os.umask(before)
    opened.listen(BACKLOG)
    descriptor = opened.detach()
    if descriptor == FIRST_INHERITED:
        os.set_inheritable(descriptor, True)
    else:
        os.dup2(descriptor, FIRST_INHERITED)
        os.close(descriptor)


def announce():
    """Says in systemd's protocol that there is a socket."""
    os.environ["LISTEN_FDS"] = "1"
    # The number outlives exec.
    os.environ["LISTEN_PID"] = str(os.getpid())


class _Local(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def probe(path, host, address):
    connection = _Local(path)
    headers = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    connection.request("GET", address, headers=headers)
    status = connection.getresponse().status
    return status < 500 and status != 400


def main(words):
    if words and words[0].startswith("--probe="):
        sys.exit(0 if probe(words[0][len("--probe=") :], words[1], words[2]) else 1)
    if words and words[0].startswith("--listen="):
        listen(words.pop(0)[len("--listen=") :])
        if words and words[0] == "--descriptor":
            words.pop(0)
        else:
            announce()
    if words and words[0] == "--":
        words.pop(0)
    if not words:
        sys.exit("roadie_container: no program is given")
    for name, value in list(os.environ.items()):
        os.environ[name] = filled(value)
    os.execvp(words[0], words)


if __name__ == "__main__":
    main(sys.argv[1:])
