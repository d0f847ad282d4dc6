SECRET_KEY = "x"
INSTALLED_APPS = ["daphne", "channels", "django.contrib.contenttypes"]
ROOT_URLCONF = "chat.urls"
ASGI_APPLICATION = "chat.asgi.application"
WSGI_APPLICATION = "chat.wsgi.application"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
