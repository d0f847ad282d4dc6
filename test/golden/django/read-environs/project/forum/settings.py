from pathlib import Path

from environs import env

env.read_env()

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = env("SECRET_KEY")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost"])
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"
DATABASES = {"default": env.dj_db_url("DATABASE_URL", default="sqlite:///" + str(BASE_DIR / "db.sqlite3"))}
CACHES = {"default": env.dj_cache_url("CACHE_URL", "locmem://")}
SITE_TITLE = env("SITE_TITLE", "A forum")
PAGE_SIZE = env.int("PAGE_SIZE", 20)
MODERATORS = env.list("MODERATORS", [], subcast=int)
LOG_LEVEL = env.log_level("LOG_LEVEL", "INFO")
with env.prefixed("SEARCH_"):
    SEARCH_HOST = env("HOST", None)
    with env.prefixed("INDEX_"):
        SEARCH_INDEX = env.str("NAME")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
DATA_DIR = env.path("DATA_DIR")
API_TOKEN = env.str("API_TOKEN")
