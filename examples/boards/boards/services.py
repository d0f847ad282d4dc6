"""What members do on the boards, each in one transaction."""

from functools import partial

import django_rq
from django.db import transaction
from django.utils import timezone

from .jobs import notify_participants
from .models import Post, Topic


class TopicClosed(Exception):
    """The topic takes no more posts."""


@transaction.atomic
def start_topic(board, author, title, body):
    now = timezone.now()
    topic = Topic.objects.create(
        board=board, author=author, title=title, created_at=now, last_post_at=now
    )
    Post.objects.create(topic=topic, author=author, body=body, created_at=now)
    return topic


@transaction.atomic
def post_reply(topic, author, body):
    # The lock keeps a reply from slipping in while a moderator closes the topic.
    topic = Topic.objects.select_for_update().get(pk=topic.pk)
    if topic.is_closed:
        raise TopicClosed
    post = Post.objects.create(topic=topic, author=author, body=body)
    topic.last_post_at = post.created_at
    topic.save(update_fields=["last_post_at"])
    # Robust: a queue that can't be reached must not fail a reply that is already saved.
    transaction.on_commit(partial(django_rq.enqueue, notify_participants, post.pk), robust=True)
    return post
