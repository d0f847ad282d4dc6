SECRET_KEY = "x"
INSTALLED_APPS = [
    "django.contrib.auth"
    "core",
]
DATABASES = {"default": {"ENGINE": "x"}
ROOT_URLCONF = "core.urls"
