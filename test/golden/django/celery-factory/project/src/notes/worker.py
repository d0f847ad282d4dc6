from celery import Celery


def create():
    made = Celery("notes")
    made.config_from_object("django.conf:settings", namespace="CELERY")
    return made


app = create()
