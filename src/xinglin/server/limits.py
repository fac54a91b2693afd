"""Before every door: how often somebody may come, how much they may bring, and headers that no answer goes without.

How often is counted in the memory of one server process, by the generic cell rate algorithm: one number for each
subject. With several processes each of them lets as much through, so all together let through as many times more.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xinglin.fhir import json
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.kernel.text import N_
from xinglin.platform import i18n
from xinglin.platform.i18n import gettext as _
from xinglin.platform.settings import Settings
from xinglin.web.sessions import SESSION

HEADERS = tuple(
    (name.lower().encode(), value.encode())
    for name, value in {
        "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }.items()
)
"""Of every answer that says nothing else; pages have their own (`web.security`)."""
_NAMES = frozenset(name for name, _value in HEADERS)
HSTS = (b"strict-transport-security", b"max-age=31536000")
"""Where the request came through TLS."""

BODIES = (("/api/session", 16 * 1024), ("/api/", 2 * 1024 * 1024))
"""Bytes that a body may have, by the beginning of the path. FHIR and forms have limits of their own, where a body is
taken piece by piece: `exchange.fhir.requests`, `exchange.fhir.bulk.uploading`, `web.app`."""

BURST = 10.0
"""Seconds for whose worth of requests somebody may come at once."""
SUBJECTS = 10_000
"""How many subjects, and sessions, are remembered; those that came longest ago are forgotten first."""
_FREE = ("/static/", "/healthz", "/readyz", "/metrics")
# What costs nearly nothing, or is asked for by a machine that must get an answer.
_MACHINES = ("/api/", "/fhir/")
_WITHOUT_BODY = frozenset({"GET", "HEAD"})


class Rate:
    """Lets each subject through so many times a second, and more at once who has not come for a while."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._until: OrderedDict[str, float] = OrderedDict()

    def wait(self, subject: str) -> float:
        """0 for whoever may go on, who is counted; else the seconds after which they may."""
        now = self._clock()
        until = max(self._until.get(subject, 0.0), now)
        if until - now > BURST:
            return until - now - BURST
        self._until[subject] = until + self._interval
        self._until.move_to_end(subject)
        if len(self._until) > SUBJECTS:
            self._until.popitem(last=False)
        return 0.0


class Limits:
    """ASGI middleware around all doors."""

    def __init__(self, app: ASGIApp, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self._locale = settings.locale
        known, strangers = settings.requests_per_second, settings.stranger_requests_per_second
        self._known = Rate(known, clock) if known else None
        self._strangers = Rate(strangers, clock) if strangers else None
        # Whose a session or key is, as the doors have found out; who is not among them counts as a stranger.
        self._accounts: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        bearer, cookie, length, encoding = _headers(scope)
        token = bearer or (cookie_parser(cookie.decode("latin-1")).get(SESSION, "") if cookie else "")
        scope["state"] = state = dict(scope.get("state", ()))

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._learn(token, state.get("actor"), message["status"])
                message["headers"] = _completed(scope, message["headers"])
            await send(message)

        seconds = self._seconds(scope, token)
        if not seconds and not encoding and scope["method"] in _WITHOUT_BODY:
            await self.app(scope, receive, sealed)
        elif seconds:
            text = N_("Too many requests; please wait {seconds} s")
            after = str(math.ceil(seconds))
            await self._refuse(scope, 429, "throttled", text, {"Retry-After": after}, seconds=after)(
                scope, receive, sealed
            )
        elif encoding not in ("", "identity"):
            text = N_("Content-Encoding: {encoding} is not read here; send the body as it is")
            answer = self._refuse(scope, 415, "not-supported", text, {}, encoding=encoding)
            await answer(scope, receive, sealed)
        else:
            await self._bounded(scope, receive, sealed, length)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, length: int) -> None:
        most = next((size for start, size in BODIES if scope["path"].startswith(start)), None)
        if most is None or scope["method"] in _WITHOUT_BODY:
            await self.app(scope, receive, send)
            return
        body = None if length > most else await _body(receive, most)
        if body is None:
            text = N_("The body has more than {most} bytes, the most that is accepted")
            await self._refuse(scope, 413, "too-long", text, {}, most=f"{most:,}")(scope, receive, send)
            return
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Message:
            return next(messages, None) or await receive()

        await self.app(scope, replay, send)

    def _seconds(self, scope: Scope, token: str) -> float:
        if scope["path"].startswith(_FREE):
            return 0.0
        account = self._accounts.get(token) if token else None
        if account is not None:
            return self._known.wait(account) if self._known else 0.0
        client = scope.get("client")
        return self._strangers.wait(client[0] if client else "") if self._strangers else 0.0

    def _learn(self, token: str, actor: object, status: int) -> None:
        """Notes whose a token is, or that it is nobody's any more."""
        if not token:
            return
        if status == 401:
            self._accounts.pop(token, None)
        elif actor is not None and token not in self._accounts:
            scopes = getattr(actor, "scopes", None)
            self._accounts[token] = f"key {scopes.key}" if scopes else str(getattr(actor, "account_id", ""))
            if len(self._accounts) > SUBJECTS:
                self._accounts.popitem(last=False)

    def _refuse(
        self, scope: Scope, status: int, code: str, text: str, headers: dict[str, str], **values: str
    ) -> Response:
        """An OperationOutcome for machines, a sentence for people."""
        if scope["path"].startswith(_MACHINES):
            outcome = operation_outcome([Issue("error", code, text.format(**values))])
            return Response(json.dumps(outcome), status, headers, "application/fhir+json")
        with i18n.use_locale(self._locale):
            return Response(_(text).format(**values), status, headers, "text/plain")


def _headers(scope: Scope) -> tuple[str, bytes, int, str]:
    """Bearer token, cookies, length of the body (0 where it is not told), and how it is encoded."""
    bearer, cookie, length, encoding = "", b"", 0, ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            bearer = value.decode("latin-1").rpartition(" ")[2]
        elif name == b"cookie":
            cookie = value
        elif name == b"content-length" and value.isdigit() and len(value) < 19:
            length = int(value)
        elif name == b"content-encoding":
            encoding = value.decode("latin-1").strip().lower()[:40]
    return bearer, cookie, length, encoding


def _completed(scope: Scope, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    there = {name for name, _value in headers}
    more = [header for header in HEADERS if header[0] not in there] if there & _NAMES else HEADERS
    return [*headers, *more, HSTS] if scope.get("scheme") == "https" else [*headers, *more]


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body; None as soon as it is longer than `most`."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        if not message.get("more_body"):
            return b"".join(parts)
