"""`makemigrations` for the apps named as arguments, which answers nothing by itself: what it would ask is told instead.

Runs in the release's virtualenv (Python 3.8 or newer) in the folder with manage.py, from standard input. Prints, behind a marker line, one JSON
value: `{"asked": QUESTION or null}`. Django's own way without a terminal takes a renamed field for one that went and one that came.
"""

import json
import os
import sys

MARKER = "--- roadie made ---"


class Asked(Exception):
    pass


def main():
    labels = sys.argv[1:]
    sys.path[0] = os.getcwd()
    sys.argv = ["manage.py", "makemigrations"] + labels
    out, sys.stdout = sys.stdout, sys.stderr
    import django

    django.setup()
    from django.core.management import call_command
    from django.db.migrations.questioner import InteractiveMigrationQuestioner

    def ask(self, question="", *arguments, **options):
        raise Asked(str(question))

    # All that it asks goes through one of these.
    for name in ("_boolean_input", "_choice_input", "_ask_default"):
        setattr(InteractiveMigrationQuestioner, name, ask)
    asked = None
    try:
        call_command("makemigrations", *labels, interactive=True, no_color=True)
    except Asked as question:
        asked = " ".join(str(question).split())
    out.write("\n%s\n%s\n" % (MARKER, json.dumps({"asked": asked})))


if __name__ == "__main__":
    main()
