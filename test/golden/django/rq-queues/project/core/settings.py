import os

SECRET_KEY = os.environ.get("SECRET_KEY")
INSTALLED_APPS = ["django.contrib.contenttypes", "django_rq", "django.contrib.gis"]
ROOT_URLCONF = "core.urls"
WSGI_APPLICATION = "core.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.contrib.gis.db.backends.postgis", "NAME": "core"}}
RQ_QUEUES = {
    "high": {"HOST": os.environ.get("REDIS_HOST", "localhost"), "PORT": os.environ.get("REDIS_PORT", 6379), "DB": 0},
    "low": {"URL": "redis://localhost:6379/0"},
}
