"""Writes the traceback of every request that fails to standard error, where the project's own logging writes none.

With Django's default LOGGING and DEBUG off an unhandled exception is mailed to ADMINS and written nowhere. Django's signal
``got_request_exception`` comes for each of them, whatever the project's logging is. A failure here never becomes one of the request.
"""

import logging
import os
import sys
import sysconfig
import threading
import time
import traceback

# Of the same place one traceback in so many seconds; between them a line each.
_REPEAT_SECONDS = 60
# Lines a second; what comes beyond is counted.
_MOST_LINES = 50
# Places that are remembered. Beyond that all are forgotten: a traceback too many harms nobody.
_MOST_PLACES = 1000

_foreign = (sys.prefix, sysconfig.get_path("stdlib"), "<")
_release = os.path.basename(os.path.dirname(sys.prefix))


class Reporter:
    """What is written of failures: whole or in one line, and never more than the bound. ``clock`` gives seconds."""

    def __init__(self, write, clock=time.monotonic):
        self._write = write
        self._clock = clock
        self._lock = threading.Lock()
        self._told = {}
        self._second = None
        self._lines = 0
        self._dropped = 0

    def report(self, what, error):
        """``what`` is one line about the request."""
        with self._lock:
            now = self._clock()
            if not self._has_room(now):
                return
            place = _place(error)
            is_new = now - self._told.get(place, -_REPEAT_SECONDS) >= _REPEAT_SECONDS
            if is_new:
                if len(self._told) >= _MOST_PLACES:
                    self._told.clear()
                self._told[place] = now
        line = "%s: %s at %s:%s\n" % ((what, _summary(error)) + place[1:])
        self._write(line + "".join(traceback.format_exception(type(error), error, error.__traceback__)) if is_new else line)

    def _has_room(self, now):
        second = int(now)
        if second != self._second:
            if self._dropped:
                self._write("%d more failures of requests are not shown: there were too many\n" % self._dropped)
            self._second, self._lines, self._dropped = second, 0, 0
        self._lines += 1
        if self._lines > _MOST_LINES:
            self._dropped += 1
            return False
        return True


def _place(error):
    """The type, and the innermost line of the project's own code; of any code where none of its own is in the traceback."""
    found = ("?", 0)
    own = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        found = (file, trace.tb_lineno)
        if not file.startswith(_foreign) and "site-packages" not in file:
            own = found
        trace = trace.tb_next
    file, line = own or found
    return type(error).__name__, _relative(file), line


def _relative(path):
    here = os.getcwd() + os.sep
    return path[len(here) :] if path.startswith(here) else path


def _summary(error):
    text = traceback.format_exception_only(type(error), error)[-1].strip()
    return _one_line(text, 300)


def _one_line(text, length):
    """Whatever a visitor sends stays one line, and is no command to a terminal."""
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def _is_logged(error):
    """Whether the project's logging writes what Django says of this failure to where it ends in the log as well."""
    logger = logging.getLogger("django.request")
    record = logger.makeRecord(
        logger.name, logging.ERROR, __file__, 0, "", (), (type(error), error, error.__traceback__)
    )
    if not logger.isEnabledFor(logging.ERROR) or not logger.filter(record):
        return False
    while logger is not None:
        for handler in logger.handlers:
            stream = getattr(handler, "stream", None)
            if stream in _outputs() and record.levelno >= handler.level and handler.filter(record):
                return True
        logger = logger.parent if logger.propagate else None
    return False


def _outputs():
    return (sys.stderr, sys.stdout, sys.__stderr__, sys.__stdout__)


def _describe(request):
    meta = getattr(request, "META", None) or {}
    identity = meta.get("HTTP_X_REQUEST_ID", "")
    return "ERROR %s %s (release %s%s)" % (
        _one_line(str(getattr(request, "method", "?")), 20),
        _one_line(str(getattr(request, "path", "?")), 300),
        _release,
        ", request %s" % _one_line(identity, 64) if identity else "",
    )


def _write(text):
    # Whole in one call: several threads and processes write to one file.
    sys.stderr.write(text)
    sys.stderr.flush()


_reporter = Reporter(_write)


def _failed(request=None, **_):
    try:
        error = sys.exc_info()[1]
        if error is not None and not _is_logged(error):
            _reporter.report(_describe(request), error)
    except Exception:
        traceback.print_exc()


def install():
    """Listens for failures of requests from now on, once."""
    from django.core.signals import got_request_exception

    got_request_exception.connect(_failed, weak=False, dispatch_uid="roadie_errors")
