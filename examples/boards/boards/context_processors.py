from django.utils.functional import SimpleLazyObject

from .models import Notification


def notifications(request):
    """The signed-in member's number of unread notifications, counted only if a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    unread = Notification.objects.filter(recipient=user).unread()
    return {"unread_notifications": SimpleLazyObject(unread.count)}
