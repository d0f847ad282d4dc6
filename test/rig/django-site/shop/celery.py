import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {"tick": {"task": "shop.tick", "schedule": 1.0}}


@app.task(name="shop.double")
def double(number):
    return 2 * number


@app.task(name="shop.tick")
def tick():
    from django.core.cache import cache

    cache.set("ticked", True)
