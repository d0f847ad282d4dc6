from .settings import *

SECURE_SSL_REDIRECT = True
