"""`loaddata` that only adds: a row that is there stays as it is, whoever has changed it.

Runs in the release's virtualenv (Python 3.8 or newer) in the folder with manage.py, from standard input, with the words after `loaddata` as
arguments. A row is there where one has its primary key, or its natural key. Prints what loaddata prints, and how many rows were left.
"""

import os
import sys


def only_missing(base, left):
    """Has a fixture's row saved only where there is none yet: at the first attempt of each, since references that point forward are saved later."""
    save = base.DeserializedObject.save

    def save_missing(self, *arguments, **options):
        if not hasattr(self, "_roadie_left"):
            using = options.get("using") or (arguments[1] if len(arguments) > 1 else None)
            model = type(self.object)
            key = self.object.pk
            self._roadie_left = key is not None and model._base_manager.using(using).filter(pk=key).exists()
            if self._roadie_left:
                left.append(model._meta.label)
        if not self._roadie_left:
            save(self, *arguments, **options)

    base.DeserializedObject.save = save_missing
    later = getattr(base.DeserializedObject, "save_deferred_fields", None)
    if later is not None:
        def save_later(self, *arguments, **options):
            if not getattr(self, "_roadie_left", False):
                later(self, *arguments, **options)

        base.DeserializedObject.save_deferred_fields = save_later


def main():
    root = os.getcwd()
    sys.path[0] = root
    words = sys.argv[1:]
    sys.argv = ["manage.py", "loaddata"] + words
    import django

    django.setup()
    from django.core.management import call_command
    from django.core.serializers import base

    left = []
    only_missing(base, left)
    call_command("loaddata", *words)
    if left:
        print("%d rows were there and stay as they are" % len(left))


if __name__ == "__main__":
    main()
