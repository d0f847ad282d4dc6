"""Keeps what is derived from other rows right, whoever changes those: a member or the admin."""

from django.db import transaction
from django.db.models import Max
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import Profile

from . import front_page
from .models import Board, Post, Topic


@receiver(post_save, sender=Profile)
@receiver([post_save, post_delete], sender=Board)
@receiver([post_save, post_delete], sender=Topic)
@receiver([post_save, post_delete], sender=Post)
def refresh_front_page(**kwargs):
    # Robust: the cached page runs out by itself if the cache can't be reached now.
    transaction.on_commit(front_page.invalidate, robust=True)


@receiver(post_delete, sender=Post)
def recompute_last_post(instance, **kwargs):
    latest = Post.objects.filter(topic=instance.topic_id).aggregate(at=Max("created_at"))["at"]
    if latest:
        Topic.objects.filter(pk=instance.topic_id).update(last_post_at=latest)
