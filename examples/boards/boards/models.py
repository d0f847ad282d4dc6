from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone


class Board(models.Model):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Boards are listed from the lowest position to the highest."
    )

    class Meta:
        ordering = ["position", "name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("boards:board", args=[self.slug])


class TopicQuerySet(models.QuerySet):
    def with_activity(self):
        """Add what a list of topics shows: how many replies, and who wrote last."""
        latest = Post.objects.filter(topic=OuterRef("pk")).order_by("-pk")
        return self.select_related("author__profile").annotate(
            post_count=Count("posts"),
            last_post_by=Subquery(latest.values("author__username")[:1]),
        )


class Topic(models.Model):
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="topics")
    title = models.CharField(max_length=120)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="topics",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_post_at = models.DateTimeField(default=timezone.now, editable=False)
    is_pinned = models.BooleanField("pinned", default=False)
    is_closed = models.BooleanField("closed", default=False)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["-is_pinned", "-last_post_at", "-pk"]
        indexes = [
            models.Index(fields=["board", "-is_pinned", "-last_post_at"], name="topic_listing"),
            models.Index(fields=["-last_post_at"], name="topic_activity"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("boards:topic", args=[self.pk])

    @property
    def reply_count(self):
        """Every post but the first. Needs the topic from with_activity()."""
        return max(self.post_count - 1, 0)


class Post(models.Model):
    MAX_LENGTH = 10_000

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="posts")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="posts",
    )
    body = models.TextField(max_length=MAX_LENGTH)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"#{self.pk} in {self.topic}"

    def get_absolute_url(self):
        return reverse("boards:post", args=[self.pk])

    @property
    def anchor(self):
        return f"post-{self.pk}"

    def editable_by(self, user):
        return user.is_authenticated and user.pk == self.author_id and not self.topic.is_closed


class NotificationQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None)

    def mark_read(self):
        return self.unread().update(read_at=timezone.now())


class Notification(models.Model):
    """Tells a member of a new post in a topic they took part in."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="notifications")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "post"], name="one_notification_per_post"),
        ]
        indexes = [
            models.Index(
                fields=["recipient"], name="notification_unread", condition=models.Q(read_at=None)
            ),
        ]

    def __str__(self):
        return f"{self.recipient}: {self.post}"
