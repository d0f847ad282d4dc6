SECRET_KEY = "only-to-look-at"
INSTALLED_APPS = ["django.contrib.contenttypes", "parcels"]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "parcels.sqlite3"}}
