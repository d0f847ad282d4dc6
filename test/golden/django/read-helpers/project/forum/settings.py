import json
import os

from forum import reading as r
from forum.reading import PREFIX, either, flag

SECRET_KEY = r.required("SECRET_KEY")
DEBUG = flag("debug")
ALLOWED_HOSTS = r.names("allowed_hosts")
CSRF_TRUSTED_ORIGINS = either("ORIGINS", default=[])
PLUGINS = either("PLUGINS")
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"
PAGE_SIZE = r.number("PAGE_SIZE", fallback=20)
THEME = r.ask("THEME", "plain")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ[PREFIX + "DB_NAME"],
        "USER": os.environ["%sDB_USER" % PREFIX],
        "PASSWORD": os.environ["{}DB_PASSWORD".format(PREFIX)],
        "HOST": os.environ[f"{PREFIX}DB_HOST"],
        "PORT": int(os.environ[f"{PREFIX}DB_PORT"]),
    }
}
KEYS = {}
for name in ("MAPS_KEY", "SMS_KEY"):
    KEYS[name] = os.environ[f"{PREFIX}{name}"]
limits = os.environ["LIMITS"]
LIMITS = json.loads(limits)
MEDIA_ROOT = os.environ.get("UPLOAD_ROOT", "/srv/uploads")
TEMPLATE_DIR = os.environ.get("TEMPLATE_DIR", "/srv/templates")
EXPORTS = os.path.join(os.environ["EXPORT_DIR"], "csv")
