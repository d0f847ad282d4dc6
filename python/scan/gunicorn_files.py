"""Configurations of Gunicorn in a project, and which of their settings do not count under Roadie."""

import os
import re
import sys

from project import is_aside

# The table is also read in the site's virtualenv, where it lies by itself.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from roadie_gunicorn_settings import SETTINGS, assigned, why_ignored  # noqa: E402

MAX_CONFIGS = 10


def gunicorn_configs(project, texts):
    """Files by Gunicorn's own name for it, by a name with `gunicorn` in it, or named in a Procfile."""
    named = set()
    for file, text in texts.items():
        if file.rsplit("/", 1)[-1].lower().startswith("procfile"):
            named.update(re.findall(r"(?:-c|--config)[ =]?(?:file:)?([\w./-]+\.py)\b", text))
    files = [
        file for file in project.files
        if file.endswith(".py") and (file in named or "gunicorn" in file.lower()) and not is_aside(file)
    ]
    answers = [read(project, file) for file in sorted(files, key=lambda one: (one.count("/"), one))[:MAX_CONFIGS]]
    return [one for one in answers if one is not None]


def read(project, file):
    source = project.source(file)
    if source is None:
        return None
    found = [(name, line, worth) for name, line, worth in assigned(source.tree) if name in SETTINGS]
    # A file that merely is about Gunicorn sets none of these.
    if not found and file.rsplit("/", 1)[-1] != "gunicorn.conf.py":
        return None
    ignored = {}
    for name, line, worth in found:
        if worth and why_ignored(name) is not None and name not in ignored:
            ignored[name] = {"name": name, "line": line, "because": why_ignored(name)}
    return {"file": file, "ignored": list(ignored.values())}
