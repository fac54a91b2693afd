"""Sessions of those who have signed in. The token is a secret of the browser; the database keeps its SHA-256."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.accounts import AccountError, Actor, Connection, queries
from xinglin.platform.identity.signin import FORGOTTEN_AFTER

_TOUCH_AFTER = timedelta(seconds=30)
"""A request within this time after the last one costs no write."""


@dataclass(frozen=True)
class OpenedSession:
    """A new session: its token, which is never seen again, and the secret of its forms."""

    token: str
    csrf: str
    expires: datetime


@dataclass(frozen=True)
class Session:
    """A session that goes on."""

    actor: Actor
    csrf: str
    created: datetime
    expires: datetime


def _kept(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def open_session(
    connection: Connection, actor: Actor, *, client: str, now: datetime, absolute: timedelta
) -> OpenedSession:
    """Opens a session that lives at most `absolute`. Raises `AccountError` for an account that is closed."""
    opened = OpenedSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + absolute)
    values = {
        "token": _kept(opened.token),
        "account": actor.account_id,
        "csrf": opened.csrf,
        "client": client,
        "now": now,
        "expires": opened.expires,
    }
    if await (await connection.execute(queries.open_session, values)).fetchone() is None:
        raise AccountError(_("This account is closed"))
    return opened


async def resume_session(connection: Connection, token: str, now: datetime, *, idle: timedelta) -> Session | None:
    """The session of a token, with its actor as the account is now.

    None where the token is unknown, expired, or was not used for `idle`, and where the account was closed.
    """
    values = {"token": _kept(token), "now": now, "idle_since": now - idle}
    row = await (await connection.execute(queries.resume_session, values)).fetchone()
    if row is None:
        return None
    csrf, created, seen, expires, account, login, name, roles, practitioner, locale = row
    if now - seen > _TOUCH_AFTER:
        await connection.execute(queries.touch_session, {"token": values["token"], "now": now})
    return Session(Actor(account, name, login, practitioner, tuple(roles), locale), csrf, created, expires)


class KnownSessions:
    """Sessions that were resumed a moment ago, so that a burst of requests asks the database once.

    A session that is closed elsewhere, or whose account is, goes on for at most `seconds` here.
    """

    def __init__(self, seconds: float = 5.0, most: int = 10_000) -> None:
        self._seconds, self._most = seconds, most
        self._held: dict[str, tuple[float, Session]] = {}

    def get(self, token: str) -> Session | None:
        """The session of a token, where it was kept within the last seconds."""
        held = self._held.get(token)
        return held[1] if held is not None and time.monotonic() - held[0] < self._seconds else None

    def keep(self, token: str, session: Session) -> None:
        """Keeps a session that the database has just given."""
        if len(self._held) >= self._most:
            self._held.clear()
        self._held[token] = (time.monotonic(), session)

    def forget(self, token: str) -> None:
        """Forgets a session that was closed here."""
        self._held.pop(token, None)


async def close_session(connection: Connection, token: str, now: datetime) -> None:
    """Ends a session; a token that names none is no fault. Expired ones are swept out with it."""
    await connection.execute(queries.close_session, {"token": _kept(token)})
    await connection.execute(queries.forget_old_sessions, {"now": now})


async def close_sessions(connection: Connection, account_id: str, *, keep: str = "") -> int:
    """Ends all sessions of an account except the one with the token `keep`; returns how many."""
    values = {"account": account_id, "except": _kept(keep) if keep else b""}
    return (await connection.execute(queries.close_sessions, values)).rowcount


async def forget_old(connection: Connection, now: datetime) -> None:
    """Deletes expired sessions and failures that no longer count."""
    await connection.execute(queries.forget_old_sessions, {"now": now})
    await connection.execute(queries.forget_old_attempts, {"forgotten": now - FORGOTTEN_AFTER})
