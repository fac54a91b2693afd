"""Devices that nobody signs in at, such as waiting-room displays and kiosks: the key of a service lets them in.

Whoever sets one up opens `/device` once and enters a key; it lies in a cookie that scripts can't read. There is no
session that could end over night: the device is let in as long as the key is in force, and its roles and scopes say
what it may do. Only accounts of services with a device's role come in so; a member of staff who signs in at the same
browser goes first.
"""

import hashlib
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xinglin.platform.door import Door
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import Actor
from xinglin.web.rendering import Renderer, here
from xinglin.web.sessions import DEVICE, set_cookie

THREE_YEARS = 3 * 366 * 24 * 3600
HOMES = {"kiosk": "/kiosk", "display": "/display"}
"""The page of each role of devices."""


@dataclass(frozen=True)
class Device:
    """A device that is let in: who acts, and the secret that its forms must repeat."""

    actor: Actor
    csrf: str


async def device_of(door: Door, key: str) -> Device | None:
    """The device whose key this is; None for a key that is not in force, or of a service that is no device."""
    account = await door.service(key) if key else None
    if account is None or not HOMES.keys() & set(account.roles):
        return None
    return Device(account, hashlib.sha256(f"csrf\0{key}".encode()).hexdigest())


class Devices:
    """The route `/device`."""

    def __init__(self, renderer: Renderer, door: Door) -> None:
        self._renderer = renderer
        self._door = door

    async def page(self, request: Request) -> Response:
        """Asks for a key."""
        return self._page(request)

    async def enter(self, request: Request) -> Response:
        """Keeps the key in this browser and opens the device's page."""
        key = str((await request.form()).get("key", "")).strip()[:200]
        device = await device_of(self._door, key)
        if device is None:
            return self._page(request, _("This is no key of a display or kiosk, or it is not in force"), 401)
        home = next(path for role, path in HOMES.items() if role in device.actor.roles)
        response = RedirectResponse(home, 303)
        set_cookie(response, request, DEVICE, key, THREE_YEARS)
        return response

    def _page(self, request: Request, message: str = "", status: int = 200) -> Response:
        shown = here(request, self._renderer.registry, _("Set up a device"))
        return HTMLResponse(self._renderer.render("device.html", page=shown, message=message), status)
