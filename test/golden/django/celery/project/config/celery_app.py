from celery import Celery
from celery.schedules import crontab

app = Celery("config")
app.conf.beat_schedule = {"nightly": {"task": "x.y", "schedule": crontab(hour=3)}}
