"""The ASGI entry of a site that Roadie runs: gives Django the visitor's address and scheme, and no header that only a proxy may set."""

import asyncio
import inspect
import os

from roadie_entry import FAMILIES, KEPT, load_application

# The code of a close frame. Source: IANA, WebSocket Close Code Number Registry.
SERVICE_RESTART = 1012

_families = tuple(name.encode("ascii") for name in FAMILIES)
_kept = frozenset(name.encode("ascii") for name in KEPT)


# How to write to each WebSocket that is open.
_open = set()


def _takes_all_at_once(wrapped):
    """Whether it is of ASGI 3; older applications take the scope alone and give back what takes the rest."""
    if inspect.isclass(wrapped):
        return hasattr(wrapped, "__await__")
    if inspect.isfunction(wrapped):
        return inspect.iscoroutinefunction(wrapped)
    return inspect.iscoroutinefunction(getattr(wrapped, "__call__", None))


def _from_visitor(scope, headers):
    """The scope as if the visitor had come without a proxy: over a unix socket servers say nobody and http, or believe headers of any name.

    The edge overwrites these two, so nobody else can have set them.
    """
    said = dict(headers)
    changes = {}
    address = said.get(b"x-real-ip", b"").decode("latin-1").strip()
    if address:
        changes["client"] = [address, 0]
    proto = said.get(b"x-forwarded-proto", b"").decode("latin-1").strip()
    if proto in ("http", "https"):
        changes["scheme"] = proto.replace("http", "ws") if scope["type"] == "websocket" else proto
    return dict(scope, **changes) if changes else scope


async def close_websockets():
    """Closes all that are open, for a server that ends them without a word."""
    for send in list(_open):
        await _say_restart(send)


async def _say_restart(send):
    """Closes a WebSocket as one that the visitor may open again at once, where the server has not closed it already."""
    try:
        await send({"type": "websocket.close", "code": SERVICE_RESTART})
    except Exception:
        pass


async def _websocket(running, send):
    _open.add(send)
    try:
        await running
    except asyncio.CancelledError:
        # The server stops. Some would say 1011 now, which is that the application has failed.
        await _say_restart(send)
        raise
    finally:
        _open.discard(send)


def _guarded(wrapped):
    at_once = _takes_all_at_once(wrapped)

    async def application(scope, receive, send):
        headers = scope.get("headers")
        if headers:
            # Names are in small letters, says the protocol; those of a server that forgets it are looked at as well.
            left = [pair for pair in headers if not pair[0].lower().startswith(_families) or pair[0].lower() in _kept]
            if len(left) != len(headers):
                scope = dict(scope, headers=left)
            scope = _from_visitor(scope, left)
        running = wrapped(scope, receive, send) if at_once else wrapped(scope)(receive, send)
        await (_websocket(running, send) if scope["type"] == "websocket" else running)

    return application


application = _guarded(load_application(os.environ["ROADIE_APPLICATION"]))
