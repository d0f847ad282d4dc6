from .base import *

DEBUG = True
SECRET_KEY = "dev"
INSTALLED_APPS += ["debug_toolbar"]
