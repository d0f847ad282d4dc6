from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin

from .models import Profile

User = get_user_model()


class ProfileInline(admin.StackedInline):
    model = Profile
    fields = ["bio"]
    can_delete = False

    def has_add_permission(self, request, obj):
        # A profile is created with its user.
        return False


admin.site.unregister(User)


@admin.register(User)
class MemberAdmin(UserAdmin):
    inlines = [ProfileInline]
    list_display = ["username", "date_joined", "last_login", "is_active", "is_staff"]

    def get_inlines(self, request, obj):
        return self.inlines if obj else []
