"""Folders from which a project's modules are imported, and what a file is called there."""

import os
import re

from project import depth, is_aside


def roots(manage, applications):
    """Folders from which modules may be imported, the likeliest first."""
    found = [os.path.dirname(entry["file"]) or "." for entry in sorted(manage, key=lambda entry: (is_aside(entry["file"]), depth(entry["file"])))]
    for entry in applications:
        steps = (entry["settings"] or "").count(".")
        folder = os.path.dirname(entry["file"])
        for _ in range(max(1, steps)):
            folder = os.path.dirname(folder)
        found.append(folder or ".")
    found += [".", "src", "app", "backend"]
    return list(dict.fromkeys(found))


def module_name(file, bases):
    """The dotted name of a file's module, and the deepest import folder that it lies in."""
    fitting = [base for base in bases if base == "." or file.startswith(base + "/")]
    base = max(fitting, key=lambda base: -1 if base == "." else len(base))
    inside = file if base == "." else file[len(base) + 1:]
    return re.sub(r"/__init__$", "", inside[:-3]).replace("/", "."), base


def named_settings(project, entry, bases):
    """The file of the settings that a program names; None where it names none, or none of the project's."""
    return project.module(entry["settings"], [os.path.dirname(entry["file"])] + bases) if entry["settings"] else None
