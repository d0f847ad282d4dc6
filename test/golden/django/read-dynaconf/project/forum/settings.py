import dynaconf
from dynaconf import Dynaconf, Validator

own = Dynaconf(envvar_prefix="FORUM", validators=[Validator("PAYMENT_KEY", must_exist=True)])

SECRET_KEY = "django-insecure-of-the-repository"
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"
PAYMENT_KEY = own.PAYMENT_KEY
PAGE_SIZE = own.get("PAGE_SIZE", 20)
SEARCH_HOST = own["SEARCH_HOST"]

settings = dynaconf.DjangoDynaconf(__name__, envvar_prefix="SITE")
