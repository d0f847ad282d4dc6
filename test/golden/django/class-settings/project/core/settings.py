from configurations import Configuration, values


class Base(Configuration):
    SECRET_KEY = values.SecretValue()
    INSTALLED_APPS = ["django.contrib.contenttypes"]
    ROOT_URLCONF = "core.urls"
    WSGI_APPLICATION = "core.wsgi.application"
    DATABASES = values.DatabaseURLValue("postgres://localhost/core")
    ALLOWED_HOSTS = values.ListValue([])


class Dev(Base):
    DEBUG = True


class Production(Base):
    DEBUG = False
