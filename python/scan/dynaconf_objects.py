"""Dynaconf: its objects read what is asked of them from variables with a prefix."""

import ast

from values import constant, dotted

# What Django's own settings are looked for in the environment where DjangoDynaconf has taken their place.
SETTINGS = ("SECRET_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "STATIC_ROOT", "MEDIA_ROOT")


def prefix_of(call, usual):
    """The prefix of the variables of `Dynaconf(envvar_prefix="APP")`, '' where it is switched off."""
    for word in call.keywords:
        if word.arg and word.arg.lower() in ("envvar_prefix", "envvar_prefix_for_dynaconf"):
            prefix = constant(word.value)
            return prefix.upper() + "_" if isinstance(prefix, str) and prefix else ""
    return usual + "_"


def has_files(call):
    """Whether files that it names may have the values as well."""
    return any(word.arg in ("settings_files", "settings_file", "secrets", "preload", "includes", "settings_module", "SETTINGS_FILE_FOR_DYNACONF") for word in call.keywords)


def demanded_names(call):
    """What its validators demand: `Validator("X", must_exist=True)`."""
    for part in ast.walk(call):
        if isinstance(part, ast.Call) and dotted(part.func).split(".")[-1] == "Validator":
            words = {word.arg: constant(word.value) for word in part.keywords}
            if (words.get("must_exist") is True or words.get("required") is True) and "default" not in words:
                for one in part.args:
                    if isinstance(constant(one), str):
                        yield constant(one), part


def django_reads(source, assigned):
    """The settings that a module's DjangoDynaconf looks for in the environment once they are assigned."""
    for node in source.tree.body:
        call = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
        if isinstance(call, ast.Call) and dotted(call.func).split(".")[-1] == "DjangoDynaconf":
            prefix = prefix_of(call, "DJANGO")
            return [{
                "name": prefix + name, "reader": "dynaconf", "required": False, "certain": False, "fallback": None, "choices": [],
                "cast": "toml", "separator": None, "file": source.file, "line": node.lineno,
            } for name in SETTINGS if name in assigned]
    return []
