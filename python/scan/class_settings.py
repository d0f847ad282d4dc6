"""Settings that are a class: django-configurations."""

import ast

from casts import VALUES, cast_of
from values import UNKNOWN, constant, dotted, literal, shown

URLS = {"DatabaseURLValue": ("DATABASE_URL", "env.db"), "CacheURLValue": ("CACHE_URL", "env.cache"), "EmailURLValue": ("EMAIL_URL", "env.email")}


def class_reads(source, node):
    """What such a class takes from the environment: `SECRET_KEY = values.SecretValue()` reads DJANGO_SECRET_KEY."""
    found = []
    for one in node.body:
        target = one.targets[0] if isinstance(one, ast.Assign) else one.target if isinstance(one, ast.AnnAssign) else None
        if not (isinstance(target, ast.Name) and isinstance(one.value, ast.Call)):
            continue
        kind = dotted(one.value.func).split(".")[-1]
        if not kind.endswith("Value") or kind == "Value" and "values" not in dotted(one.value.func):
            continue
        words = {word.arg: constant(word.value) for word in one.value.keywords if word.arg}
        prefix = words.get("environ_prefix", "DJANGO")
        name = words.get("environ_name", URLS.get(kind, (target.id, None))[0])
        if not isinstance(name, str) or words.get("environ") is False:
            continue
        # An empty prefix is none at all. The usual names of addresses have none unless one is given.
        if isinstance(prefix, str) and prefix and (kind not in URLS or "environ_prefix" in words):
            name = prefix + "_" + name
        default = next((word.value for word in one.value.keywords if word.arg == "default"), one.value.args[0] if one.value.args else None)
        value = literal(default, {}) if default is not None else UNKNOWN
        separator = words.get("separator")
        cast = cast_of(VALUES.get(kind), separator if isinstance(separator, str) else ",")
        found.append({
            "name": name, "reader": URLS.get(kind, (None, "values"))[1], "required": kind == "SecretValue" or words.get("environ_required") is True, "certain": False,
            "fallback": shown(value) if value is not UNKNOWN else None, "choices": [], "cast": cast and cast[0], "separator": cast and cast[1],
            "file": source.file, "line": one.lineno, "class": node.name,
        })
    return found
