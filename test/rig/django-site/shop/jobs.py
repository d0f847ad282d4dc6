import os
import time

from django.db import connection


def add(one, other):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s + %s", [one, other])
        return cursor.fetchone()[0]


def cut_off(path):
    """Is at work for two minutes the first time, and done at once the second."""
    if os.path.exists(path):
        return "done"
    open(path, "w").close()
    time.sleep(120)
