"""OpenID Connect (Core 1.0, Discovery 1.0): the way to a provider and back, and what a token must be like.

Authorization code with PKCE, state and nonce. Only issuers in the settings are asked, only asymmetric signatures are
taken, and keys are looked up anew when a token names one that is not known, which is how providers change them.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.links import LONGEST_SUBJECT, Departure, ProviderError
from xinglin.platform.settings import Provider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY = 60
"""Seconds by which the clocks may differ."""

TIMEOUT = 10.0
KNOWN_FOR = 3600.0
"""Seconds for which a provider's addresses and keys are remembered."""

AGAIN_AFTER = 30.0
"""Seconds between two looks for a key that was not known: made-up tokens must not make us ask and ask."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Addresses:
    """What the provider says of itself."""

    authorization: str
    token: str
    keys: str


class Client:
    """The house as a client of one provider."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._addresses: tuple[float, Addresses] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def way_there(self, departure: Departure, redirect: str) -> str:
        """The address to which the browser is sent. `redirect` is where it comes back. Raises `ProviderError`."""
        addresses = await self._discovered()
        values = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect,
            "scope": self.provider.scopes,
            "state": departure.state,
            "nonce": departure.nonce,
            "code_challenge": departure.challenge,
            "code_challenge_method": "S256",
        }
        return f"{addresses.authorization}{'&' if '?' in addresses.authorization else '?'}{urlencode(values)}"

    async def claims(self, departure: Departure, code: str, redirect: str, now: datetime) -> dict[str, Any]:
        """What the provider says of whoever comes back with a code. Raises `ProviderError`."""
        values = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "client_id": self.provider.client_id,
            "code_verifier": departure.verifier,
        }
        if self.provider.client_secret is not None:
            values["client_secret"] = self.provider.client_secret
        answer = await self._asked("POST", (await self._discovered()).token, data=values)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise self._refused("there is no id_token in the answer")
        claims = await self._verified(token)
        self._check(claims, departure.nonce, int(now.timestamp()))
        return claims

    def _check(self, claims: dict[str, Any], nonce: str, now: int) -> None:
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise self._refused(f"the token: {error}") from error
        audience, party = claims["aud"], claims.get("azp")
        if (isinstance(audience, list) and len(audience) > 1 and party is None) or (
            party is not None and party != self.provider.client_id
        ):
            raise self._refused(f"the token is for {audience!r}, azp {party!r}")
        if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise self._refused("the token names nobody")

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            try:
                return dict(jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS).claims)
            except InvalidKeyIdError:
                return dict(jwt.decode(token, await self._key_set(anew=True), algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError) as error:
            raise self._refused(f"the token: {error!r}") from error

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        held, now = self._keys, time.monotonic()
        if held is None or now - held[0] > (AGAIN_AFTER if anew else KNOWN_FOR):
            answer = await self._asked("GET", (await self._discovered()).keys)
            try:
                held = (now, KeySet.import_key_set(answer))  # type: ignore[arg-type]
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise self._refused(f"its keys: {error!r}") from error
            self._keys = held
        return held[1]

    async def _discovered(self) -> Addresses:
        held, now = self._addresses, time.monotonic()
        if held is None or now - held[0] > KNOWN_FOR:
            issuer = self.provider.issuer
            answer = await self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if answer.get("issuer") != issuer:
                raise self._refused(f"it calls itself {answer.get('issuer')!r}")
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            found = [answer.get(name) for name in names]
            # As safe as the issuer's own address: not from TLS down to plain text.
            scheme = issuer.partition(":")[0]
            if not all(isinstance(address, str) and address.startswith(f"{scheme}://") for address in found):
                raise self._refused(f"its addresses are {found}")
            held = self._addresses = (now, Addresses(*map(str, found)))
        return held[1]

    async def _asked(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as http:
                answer = await http.request(method, address, headers={"Accept": "application/json"}, **more)
            found = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError) as error:
            raise self._refused(f"{address}: {error!r}") from error
        if not isinstance(found, dict):
            raise self._refused(f"{address}: status {answer.status_code}, {answer.text[:200]!r}")
        return found

    def _refused(self, reason: str) -> ProviderError:
        _log.warning("signing in at %s: %s", self.provider.issuer, reason)
        return ProviderError(
            _("Signing in at {provider} did not work; please try again, or tell the administrator").format(
                provider=self.provider.name
            )
        )
