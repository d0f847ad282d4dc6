"""The front page's content, which every visitor shares and the cache holds."""

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Count, OuterRef, Subquery

from .models import Board, Post, Topic

CACHE_KEY = "boards.front-page"
CACHE_SECONDS = 30
RECENT_TOPICS = 6


def get():
    return cache.get_or_set(CACHE_KEY, _build, CACHE_SECONDS)


def invalidate():
    cache.delete(CACHE_KEY)


def _build():
    latest_topic = Topic.objects.filter(board=OuterRef("pk")).order_by("-last_post_at", "-pk")
    boards = Board.objects.annotate(
        topic_count=Count("topics", distinct=True),
        post_count=Count("topics__posts"),
        latest_topic_id=Subquery(latest_topic.values("pk")[:1]),
        latest_topic_title=Subquery(latest_topic.values("title")[:1]),
        latest_post_at=Subquery(latest_topic.values("last_post_at")[:1]),
    ).order_by("position", "name")
    # Deferred, so that the cache holds no password's hash.
    recent = (
        Topic.objects.with_activity()
        .select_related("board")
        .defer("author__password")
        .order_by("-last_post_at", "-pk")
    )
    return {
        "boards": list(boards),
        "recent_topics": list(recent[:RECENT_TOPICS]),
        "totals": {
            "topics": Topic.objects.count(),
            "posts": Post.objects.count(),
            "members": get_user_model().objects.filter(is_active=True).count(),
        },
    }
