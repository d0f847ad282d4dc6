"""The ASGI entry of a site that Roadie runs: gives Django the visitor's address and scheme, and no header that only a proxy may set."""

import asyncio
import inspect
import os

from roadie_entry import FAMILIES, KEPT, load_application, streams

# How long a stream of events is silent until a comment is sent.
SILENT_SECONDS = 25

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


class _Answer:
    """What the application says: what streams is marked for the edge, and a stream of events that is silent gets a comment now and then.

    Comments mean nothing to whoever reads events, and everybody on the way sees that the connection lives. Source: the HTML
    standard on server-sent events, which advises one every 15 seconds or so.
    """

    def __init__(self, send):
        self._send = send
        self._beating = None
        self._between_events = True
        self._turn = None

    async def __call__(self, message):
        if message["type"] == "http.response.start":
            message = self._begin(message)
        elif self._beating is not None and message["type"] == "http.response.body":
            await self._say(message)
            return
        await self._send(message)

    def _begin(self, message):
        headers = list(message.get("headers") or ())
        said = {name.lower(): value for name, value in headers}
        kind = said.get(b"content-type", b"").decode("latin-1")
        if b"x-accel-buffering" in said or not streams(kind, b"content-length" in said):
            return message
        if kind.lower().startswith("text/event-stream") and b"content-encoding" not in said:
            self._turn = asyncio.Lock()
            self._beating = asyncio.ensure_future(self._beat())
        return dict(message, headers=headers + [(b"x-accel-buffering", b"no")])

    async def _say(self, message):
        async with self._turn:
            body = message.get("body", b"")
            if body:
                self._between_events = body.endswith((b"\n\n", b"\r\n\r\n"))
            if not message.get("more_body", False):
                self.end()
            await self._send(message)

    async def _beat(self):
        while True:
            await asyncio.sleep(SILENT_SECONDS)
            async with self._turn:
                if self._between_events and self._beating is not None:
                    await self._send({"type": "http.response.body", "body": b":\n\n", "more_body": True})

    def end(self):
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None


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
        if scope["type"] == "http":
            said = _Answer(send)
            try:
                await (wrapped(scope, receive, said) if at_once else wrapped(scope)(receive, said))
            finally:
                said.end()
            return
        running = wrapped(scope, receive, send) if at_once else wrapped(scope)(receive, send)
        await (_websocket(running, send) if scope["type"] == "websocket" else running)

    return application


application = _guarded(load_application(os.environ["ROADIE_APPLICATION"]))
