import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pond.settings")
django = get_asgi_application()


async def application(scope, receive, send):
    await django(scope, receive, send)
