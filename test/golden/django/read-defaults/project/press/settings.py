import os

import dj_database_url
import environ

from newsroom.envs import get_string
from press.reading import choice, word, words
from press.schema import AUDIT

SEPARATOR = os.environ.get("PRESS_SEPARATOR", ";")
env = environ.Env(PRESS_TITLE=(str, "The Press"), **AUDIT)

SECRET_KEY = env("SECRET_KEY")
TITLE = env("PRESS_TITLE")
KEEP_AUDIT = env("PRESS_AUDIT")
KEEP_DAYS = env("PRESS_KEEP_DAYS")
CSRF_TRUSTED_ORIGINS = words("PRESS_ORIGINS")
DESKS = words("PRESS_DESKS", required=True)
INK = word("PRESS_INK", required=True)
TINT = word("PRESS_TINT")
PAPER = choice("PRESS_PAPER", {"a4", "letter"})
MIRRORS = env.list("PRESS_MIRRORS", default=[], delimiter=SEPARATOR)
if not os.getenv("PRESS_DB_NAME"):
    raise ValueError("Set PRESS_DB_NAME")
EDITOR = os.environ.get("PRESS_EDITOR")
if EDITOR is None:
    raise ValueError("Set PRESS_EDITOR")
try:
    LICENSE = os.environ["PRESS_LICENSE"]
except KeyError:
    raise ValueError("Set PRESS_LICENSE")
if os.getenv("PRESS_COLOUR"):
    raise ValueError("PRESS_COLOUR is no longer read")
OWNER = get_string(name="PRESS_OWNER", default=None, required=True)
MOTTO = get_string(name="PRESS_MOTTO", default="", required=False)
ROOT_URLCONF = "press.urls"
WSGI_APPLICATION = "press.wsgi.application"
INSTALLED_APPS = ["django.contrib.contenttypes"]
# The default is of another time: the driver is PostgreSQL's.
DATABASES = {"default": dj_database_url.config(default="mysql://root@localhost/press")}
if os.environ.get("DATABASE_URL", "").startswith("postgres://"):
    INSTALLED_APPS += ["django.contrib.postgres"]
DRAFTS = os.environ.get("PRESS_DRAFTS")
if "memory:" in DRAFTS:
    INSTALLED_APPS += ["press"]
BACKEND = os.environ.get("PRESS_CACHE", "django.core.cache.backends.redis.RedisCache")


def caches():
    return {"default": {"BACKEND": BACKEND, "LOCATION": os.environ.get("PRESS_CACHE_URL", "")}}


CACHES = caches()

if os.environ.get("PRESS_STAGE", "local") == "live":
    from press.mailing import *
