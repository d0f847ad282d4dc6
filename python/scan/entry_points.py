"""Programs that start Django: manage.py and its relatives, wsgi.py, asgi.py."""

import ast
import re

from project import is_aside
from values import constant, dotted, index

# A file without any of these is none.
MARKS = ("DJANGO_SETTINGS_MODULE", "execute_from_command_line", "get_wsgi_application", "get_asgi_application")
NAMES = ("application", "app", "asgi_app", "wsgi_app")


def settings_default(source):
    """The DJANGO_SETTINGS_MODULE that a program sets, with the line, and whether it does so whatever the environment says."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).endswith("environ.setdefault") and len(node.args) == 2 and constant(node.args[0]) == "DJANGO_SETTINGS_MODULE":
            for part in ast.walk(node.args[1]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and re.match(r"^[\w.]+$", part.value) and not part.value.isupper():
                    return part.value, node.lineno, False
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and dotted(node.targets[0].value).endswith("environ") and constant(index(node.targets[0])) == "DJANGO_SETTINGS_MODULE":
            value = constant(node.value)
            if isinstance(value, str):
                return value, node.lineno, True
    return None, 1, False


def starts_django(text):
    return any(mark in text for mark in MARKS)


def manage_programs(source):
    """`manage.py`, or a program that does its work under another name."""
    name = source.file.rsplit("/", 1)[-1]
    if "execute_from_command_line" in source.text and (name == "manage.py" or "__main__" in source.text and not is_aside(source.file)):
        module, line, hard = settings_default(source)
        return [{"file": source.file, "settings": module, "line": line, "hard": hard}]
    return []


def applications(source):
    """The WSGI and ASGI applications of a file, with the names that they may have in it."""
    found = []
    name = source.file.rsplit("/", 1)[-1]
    for kind in ("wsgi", "asgi"):
        called = name == kind + ".py"
        if called or "get_%s_application" % kind in source.text and name != "manage.py" and re.search(r"^(?:(?:async )?def )?application\b", source.text, re.MULTILINE):
            named = application_names(source.tree)
            if named:
                module, line, hard = settings_default(source)
                found.append({"file": source.file, "kind": kind, "settings": module, "line": line, "hard": hard, "names": named})
    return found


def application_names(tree):
    """What a server can be told to load: assigned at the top, defined there, imported, or assigned anywhere else."""
    defined = [one.name for one in tree.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assigned = [one.targets[0].id for one in tree.body if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)]
    imported = [part.asname or part.name for one in tree.body if isinstance(one, ast.ImportFrom) for part in one.names]
    nested = [one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    return list(dict.fromkeys(one for one in assigned + defined + imported + nested if one in NAMES))
