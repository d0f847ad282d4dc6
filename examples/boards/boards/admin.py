from django.contrib import admin

from .models import Board, Notification, Post, Topic


class NoAddAdmin(admin.ModelAdmin):
    """For what is written on the forum itself, and only looked after here."""

    def has_add_permission(self, request):
        return False


@admin.register(Board)
class BoardAdmin(admin.ModelAdmin):
    list_display = ["name", "description", "position"]
    list_editable = ["position"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Topic)
class TopicAdmin(NoAddAdmin):
    actions = ["close", "reopen"]
    autocomplete_fields = ["author"]
    date_hierarchy = "created_at"
    list_display = ["title", "board", "author", "last_post_at", "is_pinned", "is_closed"]
    list_filter = ["board", "is_pinned", "is_closed"]
    list_select_related = ["board", "author"]
    search_fields = ["title"]

    @admin.action(description="Close the selected topics", permissions=["change"])
    def close(self, request, queryset):
        queryset.update(is_closed=True)

    @admin.action(description="Reopen the selected topics", permissions=["change"])
    def reopen(self, request, queryset):
        queryset.update(is_closed=False)


@admin.register(Post)
class PostAdmin(NoAddAdmin):
    autocomplete_fields = ["author", "topic"]
    date_hierarchy = "created_at"
    list_display = ["__str__", "author", "created_at", "edited_at"]
    list_select_related = ["topic", "author"]
    search_fields = ["body", "topic__title", "author__username"]


@admin.register(Notification)
class NotificationAdmin(NoAddAdmin):
    list_display = ["recipient", "post", "created_at", "read_at"]
    list_select_related = ["recipient", "post__topic"]

    def has_change_permission(self, request, obj=None):
        return False
