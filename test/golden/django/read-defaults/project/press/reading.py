import os


def words(key, separator=",", default=None, *, required=False):
    value = os.environ.get(key)
    if value:
        return value.split(separator)
    if default is not None:
        return default
    if required:
        raise ValueError(f"{key} is not set")
    return []


def word(key, default="", required=False):
    found = words(key, required=required)
    return found[0] if found else default


def choice(key, allowed, default=None):
    value = os.environ.get(key, default)
    if value is None:
        return None
    if value not in allowed:
        raise ValueError(f"{key} is {value}, which is none of {allowed}")
    return value
