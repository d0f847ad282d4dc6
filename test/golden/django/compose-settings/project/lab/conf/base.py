import os

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "lab.urls"
WSGI_APPLICATION = "lab.wsgi.application"
DB_ENGINE = os.environ.get("DB_ENGINE", "sqlite3")
DATABASES = {"default": {"ENGINE": f"django.db.backends.{DB_ENGINE}", "NAME": os.environ.get("DB_NAME", "lab.sqlite3")}}
