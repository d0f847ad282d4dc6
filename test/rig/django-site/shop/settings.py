import os

import dj_database_url

SECRET_KEY = "only-for-tests-" * 5
ALLOWED_HOSTS = [".localhost"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_rq", "django_celery_beat"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
ASGI_APPLICATION = "shop.asgi.application"
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_TZ = True
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS_URL"]},
    "other": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": os.environ["REDIS_URL"]},
}
RQ_QUEUES = {name: {"URL": os.environ["REDIS_URL"]} for name in ("default", "slow")}
CELERY_BROKER_URL = CELERY_RESULT_BACKEND = os.environ["CELERY_BROKER_URL"]
