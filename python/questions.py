"""Asks Django of a release, in one process, all that its making has to know: each start of Django takes half a second and more.

Runs in the release's virtualenv (Python 3.8 or newer) in the folder with manage.py, after the overlay was written. Its source is handed over
with a line before it that sets SOURCES to the sources of probe.py and migrations.py. Prints, one after the other, each behind a marker line:

- the answer of probe.py;
- `{"sources": HASH or null}`: of all that collectstatic would read and obey;
- `{"words": TEXT or null}`: what Django's checks have against the project, null where nothing;
- the answer of migrations.py; left out where it failed.

Changes nothing. Whatever the project prints goes to standard error.
"""

import hashlib
import json
import os
import sys
import traceback
import types

# The storages that make the same files of the same sources. One of the project's own may do anything.
STORAGES = ("django.contrib.staticfiles.storage", "whitenoise.storage")


def load(name):
    module = types.ModuleType("roadie_" + name)
    module.__file__ = "<roadie %s>" % name
    exec(compile(SOURCES[name], module.__file__, "exec"), module.__dict__)  # noqa: F821 - handed over
    return module


def static_sources(root):
    """A hash of everything that decides what collectstatic writes; None where nobody can tell."""
    import django
    from django.conf import settings
    from django.core.management import get_commands

    # django-compressor's files are made from templates.
    if get_commands().get("collectstatic") != "django.contrib.staticfiles" or "compressor" in settings.INSTALLED_APPS:
        return None
    from django.contrib.staticfiles.finders import get_finders
    from django.contrib.staticfiles.storage import staticfiles_storage

    kind = staticfiles_storage.__class__
    if kind.__module__ not in STORAGES:
        return None
    storages = getattr(settings, "STORAGES", None) or {}
    told = {name: getattr(settings, name, None) for name in dir(settings) if name.startswith("WHITENOISE_")}
    told.update(
        kind="%s.%s" % (kind.__module__, kind.__qualname__),
        versions=[django.get_version(), getattr(sys.modules.get("whitenoise"), "__version__", None)],
        url=settings.STATIC_URL,
        debug=settings.DEBUG,
        prefix=getattr(settings, "FORCE_SCRIPT_NAME", None),
        options=storages.get("staticfiles"),
    )
    total = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).replace(root, "").encode())
    for finder in get_finders():
        # Of files with the same name the first one found wins: the order of folders counts, that within a folder is the disk's.
        folders = {}
        for path, storage in finder.list(["CVS", ".*", "*~"]):
            folders.setdefault(id(storage), (storage, []))[1].append(path)
        for storage, paths in folders.values():
            total.update(("\n%s\n" % (getattr(storage, "prefix", None) or "")).encode())
            for path in sorted(paths):
                with storage.open(path) as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                total.update(("%s %s\n" % (digest, path)).encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def check():
    """What Django's checks say, as `manage.py check` prints it; None where nothing is an error."""
    from django.core.management import CommandError, call_command

    try:
        call_command("check", no_color=True)
        return None
    except CommandError as error:
        words = str(error)
        return words if words.startswith("SystemCheckError") else "%s: %s" % (type(error).__name__, words)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return traceback.format_exc()


def main():
    root = os.getcwd()
    # As for `python manage.py check`, which the project may look at.
    sys.path[0] = root
    sys.argv = ["manage.py", "check"]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What the project prints must not mix with the answers.
    os.dup2(2, 1)

    def tell(marker, answer):
        answers.write("\n%s\n%s\n" % (marker, json.dumps(answer, sort_keys=True)))
        answers.flush()

    probe = load("probe")
    answer = probe.answer(root)
    tell(probe.MARKER, answer)
    if "probe" in answer:
        try:
            sources = static_sources(root)
        except Exception:
            traceback.print_exc()
            sources = None
        tell("--- roadie static ---", {"sources": sources})
        words = check()
        sys.stdout.flush()
        tell("--- roadie check ---", {"words": words})
        if words is None:
            migrations = load("migrations")
            try:
                tell(migrations.MARKER, migrations.tell())
            except Exception:
                traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that the project started must not keep the answers waiting.
    os._exit(0)


if __name__ == "__main__":
    main()
