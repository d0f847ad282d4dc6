"""
A database backend as third parties write them, on top of Django's for SQLite, which takes itself for PostgreSQL's. A test says what
becomes of its connections.
"""

import socket
import sqlite3

from django.db.backends.sqlite3 import base

Database = base.Database

# What connects are refused with, the last for ever where it stands behind a None; how many there were; the server's ends of them.
refusals, connects, ends = [], [0], []


class Connection(sqlite3.Connection):
    def fileno(self):
        return self.socket.fileno()

    def close(self):
        super().close()
        self.socket.close()


class DatabaseWrapper(base.DatabaseWrapper):
    vendor = "postgresql"

    def get_new_connection(self, conn_params):
        connects[0] += 1
        if refusals:
            words = refusals[0] if refusals[-1] is None else refusals.pop(0)
            raise self.Database.OperationalError(words)
        connection = super().get_new_connection(dict(conn_params, factory=Connection))
        connection.socket, end = socket.socketpair()
        ends.append(end)
        return connection

    def is_usable(self):
        self.connection.socket.setblocking(False)
        try:
            return self.connection.socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
