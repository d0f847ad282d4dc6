from celery import Celery


class Tasks(Celery):
    pass


app = Tasks("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
