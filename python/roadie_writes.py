"""Hears what a project writes while its settings and applications load: below its code it could not write later.

``watch(root)``, and from then on ``seen()`` has what somebody tried to make or to open for writing, each path once, with the line of
the project that wanted it. It is heard by an audit hook (PEP 578), so attempts that fail for want of rights count as well.
"""

import os
import sys

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# More than any project's settings write.
_MOST = 200
_SYSTEM = ("/dev/", "/proc/", "/sys/")

_found = {}
_root = None


def watch(root):
    """``root`` is the folder with manage.py, whose lines are named. A hook stays until the process ends."""
    global _root
    if _root is None:
        sys.addaudithook(_hook)
    _root = root


def seen():
    """In the order of the first attempts: absolute ``path``, whether it is a ``folder``, and ``file`` and ``line``, which can be None."""
    return list(_found.values())


def _hook(event, arguments):
    # Of every event of the interpreter: what is none of ours has to cost nothing.
    if event == "open":
        path, _, flags = arguments
        if not isinstance(flags, int) or not flags & _WRITING:
            return
    elif event == "os.mkdir" or event == "sqlite3.connect":
        path = arguments[0]
    else:
        return
    try:
        _note(path, event)
    except Exception:
        # Whatever a project does with paths, it is not disturbed.
        pass


def _note(path, event):
    path = os.fsdecode(path)
    if event == "sqlite3.connect":
        path = path[5:].split("?")[0] if path.startswith("file:") else path
        if path in ("", ":memory:"):
            return
    path = os.path.abspath(path)
    if path in _found or len(_found) >= _MOST or "__pycache__" in path or path.startswith((sys.prefix + os.sep, _cache()) + _SYSTEM):
        return
    file, line = _wanted_by()
    _found[path] = {"path": path, "folder": event == "os.mkdir", "file": file, "line": line}


def _cache():
    return os.path.expanduser("~") + "/.cache/"


def _wanted_by():
    """The innermost line of the project's own code."""
    frame = sys._getframe(3)
    while frame is not None:
        file = frame.f_code.co_filename
        path = os.path.abspath(file)
        if not file.startswith("<") and path.startswith(_root + os.sep) and "site-packages" not in path:
            return os.path.relpath(path, _root), frame.f_lineno
        frame = frame.f_back
    return None, None
