"""Work done by the queue's worker, outside any request."""

from django.contrib.auth import get_user_model

from .models import Notification, Post


def notify_participants(post_id):
    """
    Notify everyone else who wrote in the post's topic before it.

    Safe to run twice: a member is notified of a post at most once.
    """
    try:
        post = Post.objects.get(pk=post_id)
    except Post.DoesNotExist:
        return 0  # Deleted before the worker came to it.

    participants = (
        get_user_model()
        .objects.filter(is_active=True, posts__topic=post.topic_id, posts__pk__lt=post.pk)
        .exclude(pk=post.author_id)
        .distinct()
    )
    notifications = [Notification(recipient=member, post=post) for member in participants]
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)
    return len(notifications)
