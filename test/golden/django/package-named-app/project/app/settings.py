import os

from somewhere.envs import get_string

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split()
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "app.urls"
WSGI_APPLICATION = "app.wsgi.application"
SITE_NAME = get_string(name="SITE_NAME", default="A site", description="What it is called")
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DB_PATH", "/data/db.sqlite3")}
}
