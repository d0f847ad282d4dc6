from pydantic_settings import BaseSettings

from .config import get_settings


class Extra(BaseSettings):
    search_host: str
    search_port: int = 9200

    class Config:
        env_prefix = "EXTRA_"


own = get_settings()
extra = Extra()

SECRET_KEY = own.secret_key.get_secret_value()
DEBUG = own.debug
ALLOWED_HOSTS = own.allowed_hosts
INSTALLED_APPS = ["django.contrib.contenttypes"]
ROOT_URLCONF = "forum.urls"
WSGI_APPLICATION = "forum.wsgi.application"
