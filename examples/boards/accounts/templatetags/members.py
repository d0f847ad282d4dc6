from django import template

register = template.Library()


@register.inclusion_tag("accounts/includes/avatar.html")
def avatar(member, size="medium"):
    """A member's picture or, without one, their initial on a colour of their own."""
    if member is None:
        return {"size": size, "initial": "?", "hue": "none"}
    picture = member.profile.avatar
    return {
        "size": size,
        "picture": picture.url if picture else None,
        "initial": member.get_username()[:1].upper(),
        "hue": member.pk % 8,
    }
