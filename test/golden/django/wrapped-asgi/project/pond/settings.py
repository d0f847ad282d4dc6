SECRET_KEY = "x"
ROOT_URLCONF = "pond.urls"
INSTALLED_APPS = []
WSGI_APPLICATION = "pond.wsgi.application"
