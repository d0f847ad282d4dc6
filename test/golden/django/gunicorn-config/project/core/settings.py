import os

SECRET_KEY = os.getenv("SECRET_KEY", "unsafe")
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "core.urls"
WSGI_APPLICATION = "core.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "core"}}
