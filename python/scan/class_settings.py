"""Settings that are a class: django-configurations."""

import ast

from values import UNKNOWN, constant, dotted, literal, shown


def class_reads(source, node):
    """What such a class takes from the environment: `SECRET_KEY = values.SecretValue()` reads DJANGO_SECRET_KEY."""
    found = []
    for one in node.body:
        if not (isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and isinstance(one.value, ast.Call)):
            continue
        kind = dotted(one.value.func).split(".")[-1]
        if not kind.endswith("Value") or kind == "Value" and "values" not in dotted(one.value.func):
            continue
        words = {word.arg: constant(word.value) for word in one.value.keywords if word.arg}
        name = {"DatabaseURLValue": "DATABASE_URL", "CacheURLValue": "CACHE_URL", "EmailURLValue": "EMAIL_URL"}.get(kind)
        prefix = words.get("environ_prefix", "DJANGO")
        name = words.get("environ_name", name or one.targets[0].id)
        if not isinstance(name, str) or words.get("environ") is False:
            continue
        if kind not in ("DatabaseURLValue", "CacheURLValue", "EmailURLValue") and isinstance(prefix, str) and prefix:
            name = prefix + "_" + name
        default = literal(one.value.args[0], {}) if one.value.args else UNKNOWN
        reader = {"DatabaseURLValue": "env.db", "CacheURLValue": "env.cache", "EmailURLValue": "env.email"}.get(kind, "values")
        found.append({"name": name, "reader": reader, "required": kind == "SecretValue", "certain": False, "fallback": shown(default) if default is not UNKNOWN else None, "choices": [], "file": source.file, "line": one.lineno})
    return found
