import environ

env = environ.Env(DJANGO_DEBUG=(bool, False))
SECRET_KEY = env("DJANGO_SECRET_KEY")
DEBUG = env("DJANGO_DEBUG")
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["example.com"])
INSTALLED_APPS = ["django.contrib.contenttypes", "django_celery_beat"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
CACHES = {"default": env.cache("CACHE_URL", default="rediscache://127.0.0.1:6379/1")}
CELERY_BROKER_URL = env("CELERY_BROKER_URL")
EMAIL_URL = env.email("EMAIL_URL", default="consolemail://")
SENTRY_DSN = env("SENTRY_DSN", default="")
MAILGUN_API_KEY = env("MAILGUN_API_KEY")
