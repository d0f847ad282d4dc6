import os

import dj_database_url

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG", "") == "1"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")
INSTALLED_APPS = ["django.contrib.contenttypes", "shop"]
INSTALLED_APPS += ["django.contrib.auth"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {"default": dj_database_url.config(default="postgres://localhost/shop")}
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "redis://localhost:6379")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CELERY_BROKER_URL + "/1"}}
STRIPE_SECRET_KEY = os.environ["STRIPE_SECRET_KEY"]
if DEBUG:
    DEBUG_TOKEN = os.environ["DEBUG_TOKEN"]
STATIC_ROOT = "staticfiles"
