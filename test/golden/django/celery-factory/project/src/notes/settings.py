import os

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django_q"]
ROOT_URLCONF = "notes.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "notes.sqlite3"}}
Q_CLUSTER = {"name": "notes"}
if address := os.environ.get("QUEUE_REDIS"):
    Q_CLUSTER["redis"] = address
else:
    Q_CLUSTER["orm"] = "default"
