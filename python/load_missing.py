"""`loaddata` that only adds, and each file once: a row that is there stays as it is, and one that somebody has removed does not come back.

Runs in the release's virtualenv (Python 3.8 or newer) in the folder with manage.py, from standard input, with the words after `loaddata` as
arguments and a line before it that sets KNOWN to the hashes of files that were loaded before. A row is there where one has its primary key, or
its natural key. Prints what loaddata prints, and behind a marker line one JSON value: the hashes of the files that the words name.
"""

import hashlib
import io
import json
import os
import sys

MARKER = "--- roadie fixtures ---"


def only_new(serializers, known, seen):
    """Has files that were loaded before count as empty."""
    deserialize = serializers.deserialize

    def deserialize_new(format, stream, **options):
        content = stream.read()
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        digest = hashlib.sha256(data).hexdigest()[:32]
        seen.append(digest)
        if digest in known:
            return iter(())
        return deserialize(format, io.BytesIO(content) if isinstance(content, bytes) else io.StringIO(content), **options)

    serializers.deserialize = deserialize_new


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
    from django.core import serializers
    from django.core.management import call_command
    from django.core.serializers import base

    left, seen = [], []
    only_missing(base, left)
    only_new(serializers, set(KNOWN), seen)  # noqa: F821 - handed over
    call_command("loaddata", *words)
    if left:
        print("%d rows were there and stay as they are" % len(left))
    print("\n%s\n%s" % (MARKER, json.dumps(seen)))


if __name__ == "__main__":
    main()
