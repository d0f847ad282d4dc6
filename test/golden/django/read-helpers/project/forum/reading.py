import json
import os

PREFIX = "FORUM_"


def required(name):
    return os.environ[f"{PREFIX}{name}"]


def text(name, default=""):
    return os.environ.get("FORUM_" + name.upper(), default)


def number(name, cast=int, fallback=None):
    value = os.getenv(name)
    return fallback if value is None else cast(value)


def flag(name, default=False):
    return text(name, str(default)).lower() in ("1", "true", "yes")


def names(name, default=""):
    return [one for one in text(name, default).split(" ") if one]


def either(name, *, default=None):
    if name in os.environ:
        return json.loads(os.environ[name])
    if default is None:
        raise RuntimeError(f"{name} is not set")
    return default


ask = lambda key, default=None: os.environ.get(key, default)
