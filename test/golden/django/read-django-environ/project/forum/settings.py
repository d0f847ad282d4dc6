import environ

root = environ.Path(__file__) - 2
env = environ.FileAwareEnv(DEBUG=(bool, False), ALLOWED_HOSTS=(list, []), WORKERS=int)

SECRET_KEY = env("SECRET_KEY")
DEBUG = env("DEBUG")
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
WORKERS = env("WORKERS")
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": env("DB_ENGINE", default="django.db.backends.postgresql"),
        "NAME": env("DB_NAME", str, "forum"),
        "USER": env.str("DB_USER"),
        "PASSWORD": env.str("DB_PASSWORD"),
        "HOST": env("DB_HOST"),
        "PORT": env.int("DB_PORT"),
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env.str("CACHE_URL")}}
ADMINS = env.json("ADMINS", [])
ROLES = env.list("ROLES", str, ["reader"])
MEDIA_ROOT = env("MEDIA_DIR", default=root("media"))
