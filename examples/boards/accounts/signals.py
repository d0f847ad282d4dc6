from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from .models import Profile


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def create_profile(instance, created, raw, **kwargs):
    if created and not raw:
        Profile.objects.create(user=instance)


@receiver(post_delete, sender=Profile)
def delete_avatar_file(instance, **kwargs):
    if instance.avatar:
        avatar = instance.avatar
        transaction.on_commit(partial(avatar.storage.delete, avatar.name), robust=True)
