import decouple
from decouple import Choices, Csv, RepositoryEnv
from decouple import config as env

files = decouple.Config(RepositoryEnv("defaults.env"))

SECRET_KEY = env("SECRET_KEY")
DEBUG = env("DEBUG", default=False, cast=bool)
ALLOWED_HOSTS = env("ALLOWED_HOSTS", cast=Csv())
ADMIN_IDS = env("ADMIN_IDS", "1,2", Csv(int))
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env("DB_NAME", "forum"),
        "USER": env("DB_USER", default=""),
        "PASSWORD": env("DB_PASSWORD", default=""),
        "HOST": env("DB_HOST", default="localhost"),
        "PORT": env("DB_PORT", cast=int),
    }
}
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS", cast=lambda value: [one.strip() for one in value.split(";")])
MODE = env("MODE", default="open", cast=Choices(["open", "closed"]))
SMS_TOKEN = decouple.config("SMS_TOKEN")
LABEL = files("LABEL", default="none")
