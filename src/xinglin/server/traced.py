"""Requests in traces: by the part of the server and the kind of what was asked for, never by the address itself."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xinglin.fhir.definitions import resource_types
from xinglin.kernel.capability import Registry
from xinglin.platform import tracing
from xinglin.platform.tracing import TRACEPARENT, Span

_OPERATION = re.compile(r"\$[a-z-]{1,40}|_history|_search")
_OURS = frozenset({"api", "fhir", "healthz", "readyz", "metrics", "static", "commands", "views", "session", "posts"})


class Traced:
    """ASGI middleware around the whole server: a span for each request, below the caller's where a header tells it."""

    def __init__(self, app: ASGIApp, registry: Registry) -> None:
        self.app = app
        screens = {part for screen in registry.screens.values() for part in screen.path.split("/")}
        doors = {"signin", "signout", "do", "form", "list", "options", "badges", "account", "post", "locale"}
        names = {*registry.commands, *registry.views}
        self._words = _OURS | doors | screens | names | set(resource_types())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted = TRACEPARENT.encode()
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        route = self._route(scope["path"])
        attributes = {"http.request.method": method, "http.route": route}
        with tracing.span(f"{method} {route}", kind="server", parent=parent, **attributes) as span:

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _told(span, message["status"])
                await send(message)

            await self.app(scope, receive, answer)

    def _route(self, path: str) -> str:
        """A path of which only the house's own words are left."""
        parts = [part if part in self._words or _OPERATION.fullmatch(part) else "{}" for part in path.split("/")[1:8]]
        return "/" + "/".join(parts)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _told(span: Span, status: int) -> None:
    span.note("http.response.status_code", status)
    if status >= 500:
        span.failed(str(status))
