import os

from django.core.exceptions import ImproperlyConfigured


def get_env_variable(name, default=None):
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the {name} environment variable")
    return value
