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
