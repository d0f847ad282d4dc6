from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

from .views import health

urlpatterns = [
    path("", include("boards.urls")),
    path("", include("accounts.urls")),
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
    # Uploads in development; does nothing unless DEBUG is on.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
