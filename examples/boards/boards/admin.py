from django.contrib import admin

from .models import Board, Notification, Post, Topic


@admin.register(Board)
class BoardAdmin(admin.ModelAdmin):
    list_display = ["name", "description", "position"]
    list_editable = ["position"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
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
class PostAdmin(admin.ModelAdmin):
    autocomplete_fields = ["author", "topic"]
    date_hierarchy = "created_at"
    list_display = ["__str__", "author", "created_at", "edited_at"]
    list_select_related = ["topic", "author"]
    search_fields = ["body", "topic__title", "author__username"]


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    list_display = ["recipient", "post", "created_at", "read_at"]
    list_select_related = ["recipient", "post__topic"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
