import os

from django.http import JsonResponse
from django.urls import path


def about(request):
    return JsonResponse(
        {
            "secure": request.is_secure(),
            "address": request.META.get("REMOTE_ADDR"),
            "host": request.get_host(),
            "pid": os.getpid(),
            "parent": os.getppid(),
        }
    )


urlpatterns = [path("", about)]
