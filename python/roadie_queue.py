"""What the starters of workers have in common: which processes live, work that nobody waits for, the project's manage.py."""

import os
import runpy
import socket
import sys


def lives(pid, word):
    """Whether a worker of this machine has that number: `word` is in its command line."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return word in file.read()
    except OSError:
        return False


def since(pid):
    """When a process began, in ticks since the machine did; None where there is none. With the number it is one of its kind."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None


def host():
    return socket.gethostname()


def apart(work):
    """Does something in a process of its own that nobody has to wait for; what fails there is told and harms nobody."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    if os.fork() == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write("Roadie could not look for jobs to put back: %r\n" % error)
    os._exit(0)


def manage():
    """Runs the manage.py that is the first argument with those after it, as Python would have run it."""
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
