import os

from huey import SqliteHuey

SECRET_KEY = os.environ.get("SECRET_KEY", "x")
DEBUG = True
ROOT_URLCONF = "core.urls"
WSGI_APPLICATION = "core.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "huey.contrib.djhuey",
    "django_q",
    "django_tasks",
    "django_tasks_db",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
HUEY = SqliteHuey("core", filename=os.path.join("data", "huey.db"))
Q_CLUSTER = {"name": "core", "workers": 2, "orm": "default", "sync": DEBUG}
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "slow": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "letters"]},
}
