INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "fair.urls"
WSGI_APPLICATION = "fair.wsgi.application"
DEBUG = False
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "fair.sqlite3"}}
