"""Tries what a user can do to each of the paths on standard input, a JSON list. Prints a JSON list of [path, what] that worked."""

import errno
import json
import os
import socket
import stat
import sys

worked = []


def attempt(path, what, action):
    try:
        action()
        worked.append([path, what])
    except OSError as error:
        # Anything but a refusal means that this user got through to it: a socket without a listener, a full disk.
        if error.errno not in (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EROFS, errno.ETXTBSY):
            worked.append([path, "%s (%s)" % (what, error.strerror)])


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def enter(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(path)


def add(path):
    name = os.path.join(path, ".trespasser")
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT))
    os.unlink(name)


for path in json.load(sys.stdin):
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        continue
    if stat.S_ISDIR(mode):
        attempt(path, "list", lambda: os.listdir(path))
        attempt(path, "add", lambda: add(path))
    elif stat.S_ISSOCK(mode):
        attempt(path, "connect", lambda: enter(path))
    elif stat.S_ISREG(mode):
        attempt(path, "read", lambda: read(path))
        attempt(path, "write", lambda: os.close(os.open(path, os.O_WRONLY | os.O_APPEND)))
print(json.dumps(worked))
