"""Signing in elsewhere: who is on the way to an OpenID provider, and who somebody there is here."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.accounts import (
    Account,
    AccountError,
    create_account,
    find_account,
    queries,
    read_account,
)
from xinglin.platform.identity.posts import Connection
from xinglin.platform.settings import Provider

TIME_ELSEWHERE = timedelta(minutes=10)
LONGEST_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core 1.0, 2)."""


class ProviderError(Exception):
    """Signing in there did not work; the message is for the person, what exactly was wrong is in the log."""


@dataclass(frozen=True)
class Departure:
    """A way to a provider: `state` comes back with the browser, `nonce` in the token, `verifier` (PKCE) stays here."""

    issuer: str
    state: str
    nonce: str
    verifier: str
    target: str

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def depart(connection: Connection, issuer: str, target: str, now: datetime) -> Departure:
    """Notes that somebody leaves for a provider, to come back to the page `target`."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _part in range(3))
    departure = Departure(issuer, state, nonce, verifier, target)
    values = {
        "state": _kept(departure.state),
        "issuer": issuer,
        "nonce": departure.nonce,
        "verifier": departure.verifier,
        "target": target,
        "expires": now + TIME_ELSEWHERE,
    }
    await connection.execute(queries.leave_for, values)
    return departure


async def arrive(connection: Connection, state: str, now: datetime) -> Departure | None:
    """Whose state it is; None for one that is unknown, too old, or came before."""
    row = await (await connection.execute(queries.come_back, {"state": _kept(state)})).fetchone()
    if row is None or row[4] <= now:
        return None
    return Departure(row[0], state, row[1], row[2], row[3])


async def account_of(
    connection: Connection, provider: Provider, claims: dict[str, Any], *, locale: str, now: datetime
) -> Account:
    """The account of whom a verified token names: the linked one, else the matching one, else a new one, as set.

    Raises `AccountError` where there is none and none may be made, or the one that matches is another person's there.
    """
    subject = str(claims["sub"])
    values = {"issuer": provider.issuer, "subject": subject, "now": now}
    row = await (await connection.execute(queries.find_linked, values)).fetchone()
    if row is not None:
        account = await read_account(connection, row[0])
        if account is None or not account.active:
            raise AccountError(_("This account is closed"))
        return account
    account = await _matching(connection, provider, claims) or await _new(connection, provider, claims, locale, now)
    linked = await (await connection.execute(queries.link, {**values, "account": account.account_id})).fetchone()
    if linked is None:
        raise AccountError(_("Your account belongs to somebody else at {provider}").format(provider=provider.name))
    return account


async def _matching(connection: Connection, provider: Provider, claims: dict[str, Any]) -> Account | None:
    login = _login(provider, claims)
    account = await find_account(connection, login) if login else None
    if account is None:
        return None
    if not account.active or account.kind == "service":
        raise AccountError(_("This account is closed"))
    return account


async def _new(
    connection: Connection, provider: Provider, claims: dict[str, Any], locale: str, now: datetime
) -> Account:
    if not provider.create:
        raise AccountError(
            _("{provider} knows you, but this hospital has no account for you").format(provider=provider.name)
        )
    login = _login(provider, claims) or f"{hashlib.sha256(provider.issuer.encode()).hexdigest()[:8]}-{claims['sub']}"
    return await create_account(
        connection,
        login=login,
        name=str(claims.get("name") or login),
        password=None,
        roles=provider.roles,
        locale=locale,
        now=now,
    )


def _login(provider: Provider, claims: dict[str, Any]) -> str:
    """The login that a token names; an address of mail only where the provider has verified that it is theirs."""
    if provider.match is None or (provider.match == "email" and claims.get("email_verified") is not True):
        return ""
    value = claims.get(provider.match)
    return value if isinstance(value, str) else ""


def _kept(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()
