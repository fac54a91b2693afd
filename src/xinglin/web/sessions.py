"""Who is there: the session cookie becomes an actor, and what changes something must carry the session's CSRF token."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xinglin.platform import i18n
from xinglin.platform.door import Door
from xinglin.platform.identity import Actor
from xinglin.platform.settings import Settings
from xinglin.web.security import local_address

SESSION = "xinglin_session"
LOCALE = "xinglin_locale"
STEP = "xinglin_step"
"""Cookie of a sign-in that is not finished: it opens the next step of it and nothing else."""

BEFORE = "xinglin_door"
"""Cookie of a browser that has not signed in: the secret that its sign-in form must repeat."""

DEVICE = "xinglin_device"
"""Cookie of a display or kiosk: the key of its service."""

SAFE = {"GET", "HEAD", "OPTIONS"}
PUBLIC = ("/static/", "/signin", "/locale", "/device")
HALF_A_YEAR = 180 * 24 * 3600


class Comer(Protocol):
    """Who comes in without a session."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    @property
    def csrf(self) -> str:
        """What unsafe requests must carry."""


Recognise = Callable[[Door, str], Awaitable[Comer | None]]
"""Finds the device whose key this is."""


class Sessions:
    """ASGI middleware: sets `request.state.actor`, `.csrf` and `.locale`, and leads strangers to the sign-in page."""

    def __init__(self, app: ASGIApp, *, door: Door, settings: Settings, device: Recognise) -> None:
        self.app = app
        self._door = door
        self._device = device
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        token = request.cookies.get(SESSION)
        session = await self._door.resume(token) if token else None
        key = "" if session else request.cookies.get(DEVICE, "")
        device = await self._device(self._door, key) if key else None
        actor = session.actor if session else device.actor if device else None
        door = request.cookies.get(BEFORE, "")
        fresh_door = "" if actor or len(door) >= 32 else secrets.token_urlsafe(32)
        request.state.session = session
        request.state.actor = actor
        request.state.csrf = session.csrf if session else device.csrf if device else (fresh_door or door)
        request.state.locale = self._locale(request, actor)
        if actor is None and not scope["path"].startswith(PUBLIC):
            await _to_sign_in(request)(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if fresh_door and message["type"] == "http.response.start":
                cookie = Response()
                set_cookie(cookie, request, BEFORE, fresh_door, None)
                MutableHeaders(scope=message).append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        with i18n.use_locale(request.state.locale):
            await self.app(scope, receive, answer)

    def _locale(self, request: Request, actor: Actor | None) -> str:
        chosen = request.cookies.get(LOCALE) or (actor.locale if actor else "") or self._settings.locale
        return chosen if chosen in i18n.LOCALES else self._settings.locale


def _to_sign_in(request: Request) -> Response:
    """A stranger's way in; htmx gets a status instead, since it would put the page into a corner of the old one."""
    if request.headers.get("HX-Request") or request.headers.get("X-Live"):
        return Response(status_code=401)
    if request.method not in SAFE:
        return RedirectResponse("/signin", 303)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    from urllib.parse import quote

    target = local_address(here)
    return RedirectResponse("/signin" if target == "/" else f"/signin?next={quote(target)}", 303)


def set_cookie(response: Response, request: Request, name: str, value: str, seconds: int | None) -> None:
    """Sets a cookie that scripts cannot read and other sites cannot send along; `seconds` None: until the browser
    closes. It is marked Secure whenever the page came through TLS."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


async def forged(request: Request) -> bool:
    """Tells whether an unsafe request lacks the session's token or was sent by another site's page."""
    if request.method in SAFE:
        return False
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        return True
    token = request.headers.get("X-CSRF-Token")
    if token is None:
        token = str((await request.form()).get("_csrf", ""))
    expected: str = request.state.csrf
    return not expected or not hmac.compare_digest(token.encode(), expected.encode())
