from django.db import connection


def add(one, other):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s + %s", [one, other])
        return cursor.fetchone()[0]
