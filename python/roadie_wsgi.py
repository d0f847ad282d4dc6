"""The WSGI entry of a site that Roadie runs: gives Django the visitor's address and scheme, and no header that only a proxy may set."""

import os

from roadie_entry import FAMILIES, KEPT, load_application, streams


def _variable(name):
    return "HTTP_" + name.upper().replace("-", "_")


_families = tuple(_variable(name) for name in FAMILIES)
_kept = frozenset(_variable(name) for name in KEPT)


# What servers say of a visitor who came over a unix socket; the last is uWSGI's.
_NOBODY = ("", "0.0.0.0")


def _guarded(wrapped):
    """Over a unix socket the server knows no REMOTE_ADDR, and some say http; the edge overwrites X-Real-IP and X-Forwarded-Proto, so nobody else can have set them."""

    def application(environ, start_response):
        for name in [name for name in environ if name.startswith(_families) and name not in _kept]:
            del environ[name]
        address = environ.get("HTTP_X_REAL_IP", "").strip()
        if address and environ.get("REMOTE_ADDR", "") in _NOBODY:
            environ["REMOTE_ADDR"] = address
            environ["REMOTE_PORT"] = environ.get("HTTP_X_REAL_PORT", "").strip() or "0"
        proto = environ.get("HTTP_X_FORWARDED_PROTO", "").strip()
        if proto in ("http", "https"):
            environ["wsgi.url_scheme"] = proto

        def begin(status, headers, *more):
            if _is_streamed(headers):
                headers = list(headers) + [("X-Accel-Buffering", "no")]
            return start_response(status, headers, *more)

        return wrapped(environ, begin)

    return application


def _is_streamed(headers):
    said = {name.lower(): value for name, value in headers}
    return "x-accel-buffering" not in said and streams(said.get("content-type", ""), "content-length" in said)


application = _guarded(load_application(os.environ["ROADIE_APPLICATION"]))
