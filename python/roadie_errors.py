"""Writes every request that fails to standard error: a line that tells which, and the traceback where the project's own logging writes
none.

With Django's default LOGGING and DEBUG off an unhandled exception is mailed to ADMINS and written nowhere. Django's signal
``got_request_exception`` comes for each of them, whatever the project's logging is. A failure here never becomes one of the request.

The line is read by ``src/problems/request-error.ts``. Neither it nor the traceback has local variables, a query string, headers or a
body: they can hold secrets.
"""

import atexit
import contextlib
import logging
import os
import re
import sys
import sysconfig
import threading
import time
import traceback
from urllib.parse import quote

# Of failures of one type at one place, from the first one on for so many seconds: so many with their traceback, then so many in a line
# each. The rest is counted.
_SECONDS = 60
_WHOLE = 5
_LINES = 20
# Places that are told apart in that time; all others together are one more.
_MOST_PLACES = 100
_OTHERS = "failures at other places"
# Characters of a traceback: an error can quote what somebody has sent.
_LONGEST = 16000

_here = os.getcwd() + os.sep
_foreign = (sys.prefix + os.sep, sysconfig.get_path("stdlib") + os.sep, "<")
_installed = os.sep + "site-packages" + os.sep
_release = os.path.basename(os.path.dirname(sys.prefix))


def _later(seconds, act):
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


class Reporter:
    """What is written of failures, and never more than the bound. ``clock`` gives seconds, ``later`` calls after some."""

    def __init__(self, write, clock=time.monotonic, later=_later):
        self._write = write
        self._clock = clock
        self._later = later
        self._lock = threading.Lock()
        self._began = 0.0
        self._counts = {}
        self._promised = False

    def report(self, request, error, is_logged=False):
        """``request`` is a line about it; of what is logged already the traceback is left out."""
        place = "%s:%s" % _place(error)
        count = self._count("%s at %s" % (_name(error), place))
        if count > _WHOLE + _LINES:
            return
        text = "ERROR %s %s at %s\n" % (request, _summary(error), place)
        if count <= _WHOLE and not is_logged:
            text += _traceback(error)
        self._write(text)

    def tell_rest(self, now=float("inf")):
        """Writes how many there were beyond the bound, once the time is over in which they are counted."""
        with self._lock:
            if now - self._began < _SECONDS:
                return
            counts, self._counts, self._promised = self._counts, {}, False
        for what, count in counts.items():
            if count > _WHOLE + _LINES:
                self._write("ERROR release=%s %s: %d times more within a minute\n" % (_release, what, count - _WHOLE - _LINES))

    def _count(self, what):
        now = self._clock()
        self.tell_rest(now)
        with self._lock:
            if not self._counts:
                self._began = now
            if what not in self._counts and len(self._counts) >= _MOST_PLACES:
                what = _OTHERS
            self._counts[what] = count = self._counts.get(what, 0) + 1
            is_first = count > _WHOLE + _LINES and not self._promised
            self._promised = self._promised or is_first
        if is_first:
            # Nothing else may fail any more. Timers are not exact: a moment later, so that the time is over.
            self._later(self._began + _SECONDS + 0.1 - now, lambda: self.tell_rest(self._clock()))
        return count


def _place(error):
    """File and number of the innermost line of the project's own code; of any code where none of its own is in the traceback."""
    found = ("?", 0)
    own = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        found = (file, trace.tb_lineno)
        if not file.startswith(_foreign) and _installed not in file:
            own = found
        trace = trace.tb_next
    file, line = own or found
    file = file[len(_here) :] if file.startswith(_here) else file.split(_installed)[-1]
    return _one_line(file, 300), line


def _name(error):
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else "%s.%s" % (kind.__module__, kind.__qualname__)


def _summary(error):
    try:
        words = str(error).strip().split("\n")[0]
    except Exception:
        words = "it cannot be shown"
    return _one_line("%s: %s" % (_name(error), words) if words else _name(error), 300)


def _traceback(error):
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    if len(text) > _LONGEST:
        # The beginning shows where it was, the end what it was.
        text = "%s\n  …\n%s" % (text[: _LONGEST // 2], text[-_LONGEST // 2 :])
    # What an error quotes cannot pass for a line of this program.
    return text.replace("\nERROR ", "\n ERROR ")


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
    has_handlers = False
    while logger is not None:
        for handler in logger.handlers:
            has_handlers = True
            stream = getattr(handler, "stream", None)
            if stream in _outputs() and record.levelno >= handler.level and handler.filter(record):
                return True
        logger = logger.parent if logger.propagate else None
    # Where there are none at all, Python writes to standard error by itself.
    return not has_handlers and logging.lastResort is not None


def _outputs():
    return (sys.stderr, sys.stdout, sys.__stderr__, sys.__stdout__)


def _describe(request):
    """Method, path and request id: words without a blank in them, whatever a visitor has sent."""
    identity = (getattr(request, "META", None) or {}).get("HTTP_X_REQUEST_ID", "")
    return "%s %s 500 request=%s release=%s" % (
        re.sub(r"[^A-Z]", "", str(getattr(request, "method", "")))[:20] or "?",
        quote(str(getattr(request, "path", "?")), safe="/!$&'()*+,;=:@?")[:300] or "?",
        identity if re.match(r"[\w@.-]{1,64}\Z", identity, re.ASCII) else "-",
        _release,
    )


def _write(text):
    # Whole in one call: several threads and processes write to one file.
    sys.stderr.write(text)
    sys.stderr.flush()


_reporter = Reporter(_write)


def _failed(request=None, **_):
    try:
        error = sys.exc_info()[1]
        if error is not None:
            _reporter.report(_describe(request), error, _is_logged(error))
    except Exception as failure:
        # A full disk, say: the request gets its answer all the same.
        with contextlib.suppress(Exception):
            _write("roadie: a failure of a request is not written: %s\n" % _summary(failure))


def install():
    """Listens for failures of requests from now on, once."""
    from django.core.signals import got_request_exception

    got_request_exception.connect(_failed, weak=False, dispatch_uid="roadie_errors")
    atexit.register(_reporter.tell_rest)
