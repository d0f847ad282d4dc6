import os

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.contenttypes", "channels"]
ROOT_URLCONF = "talk.urls"
ASGI_APPLICATION = "talk.routing.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "talk"}}
