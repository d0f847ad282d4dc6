from os import environ, getenv

from .helpers import get_env_variable

SECRET_KEY = get_env_variable("BLOG_SECRET_KEY")
DEBUG = getenv("BLOG_DEBUG", "no") == "yes"
ALLOWED_HOSTS = getenv("BLOG_ALLOWED_HOSTS", "").split(",")
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "blog.urls"
WSGI_APPLICATION = "blog.wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": getenv("BLOG_DB_ENGINE", "django.db.backends.sqlite3"),
        "NAME": environ.get("BLOG_DB_NAME", "blog"),
        "USER": environ.get("BLOG_DB_USER"),
        "PASSWORD": environ["BLOG_DB_PASSWD"],
        "HOST": environ.get("BLOG_DB_HOST"),
        "PORT": environ.get("BLOG_DB_PORT"),
    },
    "legacy": {"ENGINE": "django.db.backends.mysql", "HOST": environ.get("BLOG_LEGACY_DB_HOST")},
}
BLOG_FEED_TOKEN = get_env_variable("BLOG_FEED_TOKEN")
THEME = get_env_variable("BLOG_THEME", "plain")
