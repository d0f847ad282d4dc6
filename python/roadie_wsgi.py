"""The WSGI entry of a site that Roadie runs: gives Django the visitor's address, then hands over to the project's application."""

import importlib
import os


def _load(path):
    """The object that ``package.module:name`` names."""
    module, _, name = path.partition(":")
    found = importlib.import_module(module)
    for part in (name or "application").split("."):
        found = getattr(found, part)
    return found


def _with_client_address(wrapped):
    """Over a unix socket the server leaves REMOTE_ADDR empty; NGINX overwrites X-Real-IP, so nobody else can have set it."""

    def application(environ, start_response):
        address = environ.get("HTTP_X_REAL_IP", "").strip()
        if address and not environ.get("REMOTE_ADDR"):
            environ["REMOTE_ADDR"] = address
            environ["REMOTE_PORT"] = environ.get("HTTP_X_REAL_PORT", "").strip() or "0"
        return wrapped(environ, start_response)

    return application


application = _with_client_address(_load(os.environ["ROADIE_APPLICATION"]))
