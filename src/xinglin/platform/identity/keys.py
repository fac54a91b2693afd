"""Keys by which services come in. A key is shown once; the database keeps its SHA-256, and when it was last used."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from uuid_utils.compat import uuid7

from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.accounts import Account, AccountError, queries, to_account
from xinglin.platform.identity.posts import Connection
from xinglin.platform.identity.scopes import parse_scopes

PREFIX = "xlk_"
"""By which people and scanners of leaked secrets know a key."""

LONGEST_LIFE = timedelta(days=3 * 366)
_TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class ListedKey:
    """A key as administrators see it; `service` is the name of its account."""

    id: str
    account: str
    service: str
    name: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime
    last_used: datetime | None
    revoked: datetime | None


async def create_api_key(
    connection: Connection, account_id: str, *, name: str, scopes: Sequence[str], expires: datetime, now: datetime
) -> tuple[str, str]:
    """Makes a key for the account of a service; returns its id, and the key itself, which is never seen again.

    Raises `AccountError` where the account is none of a service, or the end is past or too far; `ScopeError`.
    """
    parse_scopes(scopes)
    if not now < expires <= now + LONGEST_LIFE:
        raise AccountError(_("A key ends in the future, and within three years"))
    key = PREFIX + secrets.token_urlsafe(32)
    values = {
        "id": str(uuid7()),
        "account": account_id,
        "name": name,
        "digest": _digest(key),
        "scopes": list(scopes),
        "now": now,
        "expires": expires,
    }
    row = await (await connection.execute(queries.create_api_key, values)).fetchone()
    if row is None:
        raise AccountError(_("Only a service with an open account has keys"))
    return row[0], key


async def use_api_key(connection: Connection, key: str, now: datetime) -> Account | None:
    """The account of a service with what the key lets it do; None for a key that is unknown, expired or revoked."""
    row = await (await connection.execute(queries.use_api_key, {"digest": _digest(key), "now": now})).fetchone()
    if row is None:
        return None
    *account, id, scopes, last_used = row
    if last_used is None or now - last_used > _TOUCH_AFTER:
        await connection.execute(queries.touch_api_key, {"id": id, "now": now})
    return replace(to_account(account), scopes=parse_scopes(scopes, key=id))


async def revoke_api_key(connection: Connection, id: str, now: datetime) -> str:
    """Ends a key; returns the account. Raises `AccountError` where there is no such key, or it has ended already."""
    row = await (await connection.execute(queries.revoke_api_key, {"id": id, "now": now})).fetchone()
    if row is None:
        raise AccountError(_("There is no such key, or it is revoked already"))
    return str(row[0])


async def list_api_keys(connection: Connection, limit: int) -> list[ListedKey]:
    """Keys, those in force first, the newest first."""
    rows = await (await connection.execute(queries.list_api_keys, {"limit": limit})).fetchall()
    return [
        ListedKey(id, account, service, name, tuple(scopes), created, expires, last_used, revoked)
        for id, account, service, name, scopes, created, expires, last_used, revoked in rows
    ]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
