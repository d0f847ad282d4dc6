"""Folders from which a project's modules are imported, and what a file is called there."""

import os
import re

from project import depth, is_aside


def roots(project, manage, applications):
    """Folders from which modules may be imported, the likeliest first."""
    found = [os.path.dirname(entry["file"]) or "." for entry in sorted(manage, key=lambda entry: (is_aside(entry["file"]), depth(entry["file"])))]
    guessed = [folder for entry in applications for folder in [root_of(project, entry)] if folder] + ["src", "app", "backend"]
    # A package is imported itself, whatever it is called, and nothing from within it.
    found += [folder for folder in guessed if folder + "/__init__.py" not in project.names]
    return list(dict.fromkeys(found + ["."]))


def root_of(project, entry):
    """The folder from which the settings that an application names are imported: the deepest where they are."""
    folder = os.path.dirname(entry["file"])
    while folder:
        folder = os.path.dirname(folder)
        if project.module(entry["settings"] or "", [folder or "."]):
            return folder or "."
    return None


def module_name(file, bases, named=None):
    """The dotted name of a file's module, and the deepest import folder that it lies in. `named`: what a program calls it."""
    if named:
        path = named.replace(".", "/")
        for end in ("/" + path + ".py", "/" + path + "/__init__.py"):
            if ("/" + file).endswith(end):
                return named, ("/" + file)[1:-len(end)] or "."
    fitting = [base for base in bases if base == "." or file.startswith(base + "/")]
    base = max(fitting, key=lambda base: -1 if base == "." else len(base))
    inside = file if base == "." else file[len(base) + 1:]
    return re.sub(r"/__init__$", "", inside[:-3]).replace("/", "."), base


def named_settings(project, entry, bases):
    """The file of the settings that a program names; None where it names none, or none of the project's."""
    return project.module(entry["settings"], [os.path.dirname(entry["file"])] + bases) if entry["settings"] else None


def deployed_settings(project, texts, bases):
    """Files of settings, whatever they are called, that Dockerfiles, Compose files and their like name, each with its module."""
    for text in texts.values():
        for module in re.findall(r"DJANGO_SETTINGS_MODULE[\"']?\s*[=: ]\s*[\"']?([A-Za-z_][\w.]*\w)", text):
            file = project.module(module, bases)
            if file:
                yield file, module
