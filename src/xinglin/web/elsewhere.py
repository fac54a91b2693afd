"""Signing in at an OpenID provider: the way there, and the way back."""

import hmac
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from xinglin.platform import identity
from xinglin.platform.door import Door
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.links import ProviderError
from xinglin.platform.settings import Settings
from xinglin.web.security import local_address
from xinglin.web.sessions import SESSION, set_cookie
from xinglin.web.signin import SignIn, address, entered

if TYPE_CHECKING:
    from xinglin.platform.oidc import Client

STATE = "xinglin_state"
"""Cookie that ties the way back to the browser that left."""


def _clients(settings: Settings) -> "list[Client]":
    from xinglin.platform.oidc import Client  # late: a server without providers does without its libraries

    return [Client(provider) for provider in settings.providers]


class Elsewhere:
    """The routes `/signin/with/{number}`, of a provider in the settings, and `/signin/callback`."""

    def __init__(self, door: Door, entrance: SignIn, settings: Settings) -> None:
        self._door = door
        self._entrance = entrance
        self._settings = settings
        self._clients = _clients(settings) if settings.providers else []

    async def leave(self, request: Request) -> Response:
        """Sends the browser to a provider."""
        number = request.path_params["number"]
        if number >= len(self._clients):
            return RedirectResponse("/signin", 303)
        client = self._clients[number]
        target = local_address(request.query_params.get("next"))
        departure = await self._door.depart(client.provider.issuer, target)
        try:
            response = RedirectResponse(await client.way_there(departure, self._redirect(request)), 303)
        except ProviderError as error:
            return self._entrance.refused(request, str(error), 502, target=target)
        set_cookie(response, request, STATE, departure.state, int(identity.TIME_ELSEWHERE.total_seconds()))
        return response

    async def callback(self, request: Request) -> Response:
        """Takes the browser back, once for each departure and only from the browser that left."""
        given, held = request.query_params.get("state", ""), request.cookies.get(STATE, "")
        departure = None
        if held and hmac.compare_digest(given.encode(), held.encode()):
            departure = await self._door.arrive(given)
        client = next((one for one in self._clients if departure and one.provider.issuer == departure.issuer), None)
        if departure is None or client is None:
            return self._back(request, _("This sign-in took too long or was begun elsewhere; please begin again"), 400)
        # RFC 9207: the answer of one provider is not taken for another's.
        if request.query_params.get("iss", departure.issuer) != departure.issuer:
            return self._back(request, _("The answer came from another provider; please begin again"), 400)
        code = request.query_params.get("code")
        if not code:
            return self._back(request, _("{provider} did not sign you in").format(provider=client.provider.name), 401)
        try:
            now = self._door.now()
            claims = await client.claims(departure, code, self._redirect(request), now)
            former = request.cookies.get(SESSION, "")
            opened = await self._door.enter_from(client.provider, claims, address(request), former=former)
        except ProviderError as error:
            return self._back(request, str(error), 502)
        except identity.SignInRefused as refused:
            return self._back(request, refused.text, refused.status)
        response = entered(request, opened, local_address(departure.target))
        response.delete_cookie(STATE, path="/")
        return response

    def _back(self, request: Request, message: str, status: int) -> Response:
        response = self._entrance.refused(request, message, status)
        response.delete_cookie(STATE, path="/")
        return response

    def _redirect(self, request: Request) -> str:
        base = self._settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
        return f"{base.rstrip('/')}/signin/callback"
