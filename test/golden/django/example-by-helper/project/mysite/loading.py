import importlib

from django.core.exceptions import ImproperlyConfigured


def _import_module(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(f"There is no {name}") from error


def load_configuration(environ):
    """Where the owner names no other, the one beside the settings."""
    explicit = environ.get("MYSITE_CONFIGURATION")
    if explicit:
        return _import_module(explicit)
    return _import_module("mysite.configuration")
