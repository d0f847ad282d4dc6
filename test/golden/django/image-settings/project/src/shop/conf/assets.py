from .base import *

SECRET_KEY = "collecting"
