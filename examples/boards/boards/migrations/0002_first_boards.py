"""Gives a new forum its first boards and a topic that explains them."""

from django.contrib.auth.hashers import make_password
from django.db import migrations

BOARDS = [
    ("announcements", "Announcements", "News about this forum, and what changes in it."),
    ("general", "General", "Whatever is on your mind and fits nowhere else."),
    ("show-and-tell", "Show and tell", "Things you made, found, cooked, planted or repaired."),
    ("help", "Questions and answers", "Ask for a hand, or lend one."),
]

WELCOME_TITLE = "Welcome to Commons"

WELCOME_BODY = """\
Hello, and welcome!

This is a place to talk about things at leisure. Pick a board, read a little, and join in when \
you have something to add. When somebody replies in a topic that you wrote in, the bell at the top \
of the page tells you.

Posts are plain text with three small comforts. A line that begins with > is a quote:

> Be curious, be kind.

Words between backticks are `code`, and several lines of it go between lines of three:

```
def greet(name):
    return f"Hello, {name}!"
```

And an address such as https://www.djangoproject.com/ becomes a link.

Give yourself a picture on your profile page, and say hello in General.
"""


def add_first_boards(apps, schema_editor):
    Board = apps.get_model("boards", "Board")
    Post = apps.get_model("boards", "Post")
    Profile = apps.get_model("accounts", "Profile")
    Topic = apps.get_model("boards", "Topic")
    User = apps.get_model("auth", "User")

    boards = Board.objects.bulk_create(
        Board(slug=slug, name=name, description=description, position=position)
        for position, (slug, name, description) in enumerate(BOARDS, start=1)
    )
    # Nobody can sign in as the host: it has no password, and isn't active.
    host = User.objects.create(username="commons", password=make_password(None), is_active=False)
    Profile.objects.create(user=host, bio="Looks after this forum.")
    topic = Topic.objects.create(board=boards[0], author=host, title=WELCOME_TITLE, is_pinned=True)
    Post.objects.create(
        topic=topic, author=host, body=WELCOME_BODY.strip(), created_at=topic.created_at
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("boards", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(add_first_boards, migrations.RunPython.noop),
    ]
