"""Puts secrets where a container's configuration only names them: `{{secret:NAME}}` becomes the content of the file NAME.

A container's environment and its overlay can be read by whoever can look at the container; the files can be read inside it alone.
Python 3.8 or newer, standard library only.
"""

import os
import re
import sys

FOLDER = "/run/secrets"
REFERENCE = re.compile(r"\{\{secret:([A-Za-z0-9_.-]+)\}\}")

# Set while an image is built, where no secret is known and none may come into it.
BUILDING = "ROADIE_BUILDING"


def read(name):
    """The content of a secret without the line feed that editors add. Raises where it is not there, except in a build."""
    try:
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            return file.read().rstrip("\r\n")
    except OSError:
        if os.environ.get(BUILDING):
            # Another one each time: nothing can come to rely on it.
            return os.urandom(32).hex()
        raise


def fill_in(overlay):
    """Fills in the environment of this process, so that whoever starts Python in a container by hand has it as well, and the overlay.

    Where a secret is missing, nothing may run: without its overlay a project could show its code to visitors.
    """
    try:
        for name, value in list(os.environ.items()):
            os.environ[name] = filled(value)
        for key in ("overrides", "celery"):
            if overlay.get(key):
                overlay[key] = filled(overlay[key])
    except OSError as error:
        sys.exit("roadie: a secret cannot be read: %s" % error)


def filled(value):
    """The value with all that it refers to; lists and dictionaries are gone through."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda found: read(found.group(1)), value)
    if isinstance(value, list):
        return [filled(one) for one in value]
    if isinstance(value, dict):
        return {key: filled(one) for key, one in value.items()}
    return value
