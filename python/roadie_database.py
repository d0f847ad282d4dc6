"""Has Django wait for a database server that restarts, instead of failing requests and jobs.

``install`` changes ``BaseDatabaseWrapper``, from which all of Django's backends and those of third parties come, for PostgreSQL
and MySQL (MariaDB too):

- A connection that the server refuses because it starts or stops is tried again, for a bounded time from the first refusal. Nothing
  of the project's has been sent by then, so nothing can happen twice. An outage longer than that fails at once, as it did before.
- A connection that the server has ended while nobody used it is replaced before the next statement is sent, where that loses
  nothing: outside of transactions, and where only plain statements ran in it (no ``SET``, no temporary table, no lock).
- At the beginning and the end of a request or a job, where Django gives up what is too old, one that the server has ended goes as
  well, and all where the server waits for them in order to stop.
- Under ASGI each request's synchronous code has a thread of its own (asgiref's ``ThreadSensitiveContext``), and connections belong
  to a thread. One that ``CONN_MAX_AGE`` keeps would never be found again: it ends with its request, or the database has none left.
"""

import _thread
import errno
import os
import random
import select
import sys
import time

_VENDORS = ("postgresql", "mysql")

# Seconds before the second and the following tries.
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5

# Refusals further apart than this, in seconds, are two outages: nobody has asked in between.
_APART = 60

# What libpq and a PostgreSQL server say while the server starts, stops or dies under a client that connects.
_WORDS = (
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is in recovery mode",
    "the database system is not yet accepting connections",
    "the database system is not accepting connections",
    "terminating connection due to administrator command",
    "terminating connection due to unexpected postmaster exit",
    "terminating connection because of crash of another server process",
    "server closed the connection unexpectedly",
    "could not receive data from server",
    "could not send data to server",
    "ssl syscall error: eof detected",
    "the connection is closed",
    "the connection is lost",
    "connection already closed",
)

# From a system call. In the words of the process's language, as libpq has them too.
_ERRORS = (errno.ENOENT, errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE)

# Of MySQL and MariaDB: shutting down (1053), killed (1927), no connection over the socket (2002) or the network (2003), gone away
# (2006), lost in the handshake (2013, 2055). https://mariadb.com/kb/en/mariadb-error-code-reference/
_NUMBERS = (1053, 1927, 2002, 2003, 2006, 2013, 2055)

# Statements that leave nothing behind in a session, by their first word. Others, and what calls these functions, may.
_PLAIN = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK", "REPLACE")
_PARTICULAR = ("advisory", "set_config", "get_lock", "lastval", "currval", "last_insert_id", "found_rows", "row_count", "into temp", "@")

# Beside a server's socket while it is about to stop (src/components/postgresql/drain.ts); older ones, in seconds, are forgotten ones.
_STOPPING = "stopping"
_FORGOTTEN = 60

# By alias: when the first and the last refusal of an outage came. Of this process.
_outages = {}


def is_restarting(error):
    """Whether an error of a connect may go by itself: the server starts, stops, or is about to be started again."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        number = error.args[0] if error.args else None
        if isinstance(number, int) and number in _NUMBERS:
            return True
        if isinstance(error, OSError) and error.errno in _ERRORS:
            return True
        text = str(error)
        if any(os.strerror(each) in text for each in _ERRORS):
            return True
        text = text.lower()
        if any(words in text for words in _WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False


def _time_left(alias, wait_seconds, now):
    """Seconds that an outage may still be waited out."""
    first, last = _outages.get(alias, (now, now))
    if now - last > _APART:
        first = now
    _outages[alias] = (first, now)
    return first + wait_seconds - now


def _in_event_loop():
    """A program that lets Django ask the database in its event loop must not be halted there."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _descriptor(connection):
    """The descriptor of a driver's connection; None where the driver does not tell."""
    for find in (lambda: connection.fileno(), lambda: connection._sock.fileno()):
        try:
            found = find()
        except Exception:
            continue
        if isinstance(found, int) and found >= 0:
            return found
    return None


def has_ended(wrapper):
    """
    Whether the server has ended a connection on which nobody waits for an answer. One system call where it has not: only where
    there is something to read, which can be a notification too, is the server asked.
    """
    if getattr(wrapper.connection, "closed", 0) not in (0, False):
        return True
    descriptor = _descriptor(wrapper.connection)
    if descriptor is None:
        return False
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0)) and not wrapper.is_usable()


def is_stopping(wrapper):
    """Whether the server behind a unix socket lets nobody in any more and waits for those that are there."""
    settings = wrapper.settings_dict
    place = settings.get("HOST") or (settings.get("OPTIONS") or {}).get("unix_socket") or ""
    if not str(place).startswith("/"):
        return False
    folder = place if wrapper.vendor == "postgresql" else os.path.dirname(place)
    try:
        return time.time() - os.stat(os.path.join(folder, _STOPPING)).st_mtime < _FORGOTTEN
    except OSError:
        return False


def leaves_nothing(sql):
    """Whether a statement leaves nothing in its session that the next statement may count on."""
    if not isinstance(sql, str):
        return False
    start = sql.lstrip("( \n\t\r")[:9].upper()
    if not start.startswith(_PLAIN):
        return False
    lowered = sql.lower()
    return not any(word in lowered for word in _PARTICULAR)


def in_thread_of_a_request():
    """Whether this thread ends with the request that is being answered. asgiref has such threads since 3.3."""
    calls = getattr(sys.modules.get("asgiref.sync"), "SyncToAsync", None)
    context = getattr(calls, "thread_sensitive_context", None)
    return context is not None and context.get(None) is not None


def install(wrapper_class, cursor_class, errors, wait_seconds):
    """
    Changes ``BaseDatabaseWrapper`` and ``CursorWrapper``, once. ``errors`` are Django's own classes for what the database refuses;
    0 seconds is not to wait.
    """
    if getattr(wrapper_class, "_roadie_waits", False):
        return
    wrapper_class._roadie_waits = True
    connect = wrapper_class.connect
    ensure_connection = wrapper_class.ensure_connection
    close_if_unusable_or_obsolete = wrapper_class.close_if_unusable_or_obsolete
    execute = cursor_class.execute
    executemany = cursor_class.executemany
    callproc = cursor_class.callproc

    def discard(self):
        """Gives up a connection, also one that did not come about: Django has it already where only its preparation has failed."""
        try:
            self.close()
        except Exception:
            pass
        self.connection = None

    def waiting_connect(self):
        pause = _FIRST_PAUSE
        while True:
            try:
                connect(self)
            except (self.Database.OperationalError, self.Database.InterfaceError) + errors as error:
                if not is_restarting(error):
                    raise
                discard(self)
                left = _time_left(self.alias, wait_seconds, time.monotonic())
                if left <= 0 or _in_event_loop():
                    raise
            else:
                left = 0 if not has_ended(self) else _time_left(self.alias, wait_seconds, time.monotonic())
                if left <= 0:
                    _outages.pop(self.alias, None)
                    # What Django or a receiver of connection_created has set is set again in the next one.
                    self._roadie_particular = False
                    return
                # A pool had it from before.
                discard(self)
            # Not all at the same moment.
            time.sleep(min(left, pause * random.uniform(0.5, 1)))
            pause = min(_LONGEST_PAUSE, pause * 2)

    def patient_connect(self):
        return waiting_connect(self) if self.vendor in _VENDORS else connect(self)

    def may_have_ended(self):
        if self.vendor not in _VENDORS or self.connection is None:
            return False
        # Within a transaction, and where the project has taken them into its own hands, it must be told. Other threads keep off.
        owned = not self.allow_thread_sharing and self._thread_ident == _thread.get_ident()
        return owned and self.autocommit and not self.in_atomic_block

    def checked_ensure_connection(self):
        if may_have_ended(self) and not getattr(self, "_roadie_particular", True) and has_ended(self):
            discard(self)
        ensure_connection(self)

    def checked_close(self):
        if may_have_ended(self) and (is_stopping(self) or has_ended(self)):
            discard(self)
        elif self.connection is not None and not self.in_atomic_block and in_thread_of_a_request():
            self.close()
        close_if_unusable_or_obsolete(self)

    def noted_execute(self, sql, params=None):
        note(self.db, sql)
        return execute(self, sql, params)

    def noted_executemany(self, sql, param_list):
        note(self.db, sql)
        return executemany(self, sql, param_list)

    def noted_callproc(self, *args, **kwargs):
        self.db._roadie_particular = True
        return callproc(self, *args, **kwargs)

    def note(wrapper, sql):
        if not getattr(wrapper, "_roadie_particular", True) and not leaves_nothing(sql):
            wrapper._roadie_particular = True

    wrapper_class.connect = patient_connect
    wrapper_class.ensure_connection = checked_ensure_connection
    wrapper_class.close_if_unusable_or_obsolete = checked_close
    cursor_class.execute = noted_execute
    cursor_class.executemany = noted_executemany
    cursor_class.callproc = noted_callproc
