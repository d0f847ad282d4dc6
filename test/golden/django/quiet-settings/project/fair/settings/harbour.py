import os

from .base import *

DEBUG = TEMPLATE_DEBUG = False
SECRET_KEY = os.environ["SECRET_KEY"]
