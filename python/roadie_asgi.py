"""The ASGI entry of a site that Roadie runs: hands requests to the project's application without headers that only a proxy may set."""

import inspect
import os

from roadie_entry import FAMILIES, KEPT, load_application

_families = tuple(name.encode("ascii") for name in FAMILIES)
_kept = frozenset(name.encode("ascii") for name in KEPT)


def _takes_all_at_once(wrapped):
    """Whether it is of ASGI 3; older applications take the scope alone and give back what takes the rest."""
    if inspect.isclass(wrapped):
        return hasattr(wrapped, "__await__")
    if inspect.isfunction(wrapped):
        return inspect.iscoroutinefunction(wrapped)
    return inspect.iscoroutinefunction(getattr(wrapped, "__call__", None))


def _guarded(wrapped):
    at_once = _takes_all_at_once(wrapped)

    async def application(scope, receive, send):
        headers = scope.get("headers")
        if headers:
            # Names are in small letters, says the protocol; those of a server that forgets it are looked at as well.
            left = [pair for pair in headers if not pair[0].lower().startswith(_families) or pair[0].lower() in _kept]
            if len(left) != len(headers):
                scope = dict(scope, headers=left)
        if at_once:
            await wrapped(scope, receive, send)
        else:
            await wrapped(scope)(receive, send)

    return application


application = _guarded(load_application(os.environ["ROADIE_APPLICATION"]))
