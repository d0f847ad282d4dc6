from configurations import Configuration, values
from configurations.values import IntegerValue


class Base(Configuration):
    SECRET_KEY = values.SecretValue()
    DEBUG = values.BooleanValue(default=False)
    ALLOWED_HOSTS: list = values.ListValue([], separator=";")
    PAGE_SIZE = IntegerValue(20, environ_prefix=None)
    DATA_DIR = values.PathValue("/srv/forum", environ_required=True)
    SEARCH = values.Value(environ_name="SEARCH_SERVER", environ_prefix="FORUM", environ_required=True)
    THEME = values.Value("plain", environ=False)
    INSTALLED_APPS = ["django.contrib.contenttypes"]
    ROOT_URLCONF = "forum.urls"
    WSGI_APPLICATION = "forum.wsgi.application"
    DATABASES = values.DatabaseURLValue("postgres://localhost/forum", alias="default")


class Dev(Base):
    MAIL_CATCHER = values.SecretValue()


class Production(Base):
    SENTRY_DSN = values.Value(environ_required=True)
