from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse


def avatar_path(profile, filename):
    """A random name: nothing of the uploader's file name survives, and it can be cached forever."""
    return f"avatars/{uuid4().hex}.webp"


class Profile(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="profile",
        primary_key=True,
    )
    avatar = models.ImageField(upload_to=avatar_path, blank=True)
    bio = models.CharField("about you", max_length=200, blank=True)

    def __str__(self):
        return self.user.get_username()

    def get_absolute_url(self):
        return reverse("accounts:member", args=[self.user.get_username()])
