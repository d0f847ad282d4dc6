from .base import *

DEBUG = False
SECRET_KEY = "collecting"
