"""Sessions of those who have signed in. The token is a secret of the browser; the database keeps its SHA-256."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xinglin.fhir import json
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.accounts import Account, AccountError, Actor, queries, read_account, to_account
from xinglin.platform.identity.posts import Connection, post_of, posts_of
from xinglin.platform.identity.throttle import forget_old_attempts

_TOUCH_AFTER = timedelta(seconds=30)
"""A request within this time after the last one costs no write."""


@dataclass(frozen=True)
class OpenedSession:
    """A new session: its token, which is never seen again, the secret of its forms, and who has it, in their post."""

    token: str
    csrf: str
    expires: datetime
    actor: Actor


@dataclass(frozen=True)
class Session:
    """A session that goes on."""

    actor: Actor
    csrf: str
    created: datetime
    expires: datetime


def kept(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


async def open_session(
    connection: Connection, account: Account, *, client: str, now: datetime, absolute: timedelta, most: int = 0
) -> OpenedSession:
    """Opens a session that lives at most `absolute`, in the post that was in force last, or the first there is.

    Of more than `most` sessions of the account (0: no limit) the oldest end, lest somebody be kept out by old ones.

    Raises `AccountError` for an account that is closed, and for one whose posts have all ended.
    """
    actor = await at_work(connection, account, now)
    opened = OpenedSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + absolute, actor)
    values = {
        "token": kept(opened.token),
        "account": actor.account_id,
        "csrf": opened.csrf,
        "client": client,
        "now": now,
        "expires": opened.expires,
        "post": actor.post.reference if actor.post else None,
    }
    if await (await connection.execute(queries.open_session, values)).fetchone() is None:
        raise AccountError(_("This account is closed"))
    if most:
        await connection.execute(queries.close_oldest_sessions, {**values, "most": most})
    return opened


async def at_work(connection: Connection, account: Account, now: datetime) -> Account:
    """Somebody in the post that was in force last, or the first given; as the account is where it never had a post.

    Raises `AccountError` where all posts have ended.
    """
    posts, ever = await posts_of(connection, account.practitioner, now)
    if not posts:
        if ever:
            # What the account could do without a post must not come back when the last one ends.
            raise AccountError(_("None of your posts is in force; ask the administrator"))
        return account
    row = await (await connection.execute(queries.last_post, {"account": account.account_id})).fetchone()
    return account.at(next((post for post in posts if row and post.reference == row[0]), posts[0]))


async def resume_session(connection: Connection, token: str, now: datetime, *, idle: timedelta) -> Session | None:
    """The session of a token, with its actor as account and post are now. Dates of posts are days in the zone of `now`.

    None where the token is unknown, expired, or was not used for `idle`, and where the account was closed or the post
    has ended.
    """
    values = {"token": kept(token), "now": now, "idle_since": now - idle}
    row = await (await connection.execute(queries.resume_session, values)).fetchone()
    if row is None:
        return None
    (csrf, created, seen, expires), (*account, held, content) = row[:4], row[4:]
    actor = _still_at_work(to_account(account), held, content, now)
    if actor is None:
        return None
    if now - seen > _TOUCH_AFTER:
        await connection.execute(queries.touch_session, {"token": values["token"], "now": now})
    return Session(actor, csrf, created, expires)


def _still_at_work(account: Account, held: str | None, content: str | None, now: datetime) -> Account | None:
    """The account in the post that its session holds; None where that is not in force any more, or another's."""
    if held is None:
        return account
    resource: Any = json.loads(content or "null")
    if resource is None or (resource.get("practitioner") or {}).get("reference") != account.practitioner:
        return None
    post = post_of(resource, now)
    return account.at(post) if post else None


async def switch_post(
    connection: Connection, session: Session, token: str, reference: str, now: datetime, *, renew: bool = False
) -> OpenedSession:
    """Goes on with a session in another post of the same person, which counts from now on.

    With `renew` the session gets a new token and the old one is worth nothing: for those whose sessions a server
    remembers by their token (`KnownActors`), so that no server goes on with the former post.

    Raises `AccountError` for a post that the person does not have, or has no longer.
    """
    posts, _ever = await posts_of(connection, session.actor.practitioner, now)
    post = next((post for post in posts if post.reference == reference), None)
    account = await read_account(connection, session.actor.account_id)
    if post is None or account is None:
        raise AccountError(_("This is none of your posts in force"))
    opened = OpenedSession(
        secrets.token_urlsafe(32) if renew else token, session.csrf, session.expires, account.at(post)
    )
    values = {"token": kept(token), "renewed": kept(opened.token), "post": reference}
    if not (await connection.execute(queries.switch_post, values)).rowcount:
        raise AccountError(_("The session has ended; please sign in again"))
    await connection.execute(queries.remember_post, {"account": session.actor.account_id, "post": reference})
    return opened


@dataclass(frozen=True)
class ListedSession:
    """A session as its owner sees it: begun when, last used when, from which address, and whether it is `this` one."""

    created: datetime
    seen: datetime
    client: str
    this: bool


async def list_sessions(
    connection: Connection, account_id: str, *, token: str, now: datetime, idle: timedelta
) -> list[ListedSession]:
    """The sessions of an account that go on, the last used first; `token` is that of the asker's own."""
    values = {"account": account_id, "now": now, "idle_since": now - idle}
    rows = await (await connection.execute(queries.list_sessions, values)).fetchall()
    return [ListedSession(created, seen, client, digest == kept(token)) for digest, created, seen, client in rows]


class KnownActors:
    """Who came a moment ago with which token or key, so that a burst of requests asks the database once.

    A session that is closed elsewhere, or a key that is revoked, goes on for at most `seconds` here. A session that
    goes on in another post gets a new token, so no server knows it in the former one.
    """

    def __init__(self, seconds: float = 5.0, most: int = 10_000) -> None:
        self._seconds, self._most = seconds, most
        self._held: dict[str, tuple[float, Actor]] = {}

    def get(self, token: str) -> Actor | None:
        """Whose token this is, where it was kept within the last seconds."""
        held = self._held.get(token)
        return held[1] if held is not None and time.monotonic() - held[0] < self._seconds else None

    def keep(self, token: str, actor: Actor) -> None:
        """Keeps whom the database has just named."""
        if len(self._held) >= self._most:
            self._held.clear()
        self._held[token] = (time.monotonic(), actor)

    def forget(self, token: str) -> None:
        """Forgets a token that was closed here."""
        self._held.pop(token, None)


async def close_session(connection: Connection, token: str, now: datetime) -> None:
    """Ends a session; a token that names none is no fault. Expired ones are swept out with it."""
    await connection.execute(queries.close_session, {"token": kept(token)})
    await connection.execute(queries.forget_old_sessions, {"now": now})


async def close_sessions(connection: Connection, account_id: str, *, keep: str = "") -> int:
    """Ends all sessions of an account except the one with the token `keep`; returns how many."""
    values = {"account": account_id, "except": kept(keep) if keep else b""}
    return (await connection.execute(queries.close_sessions, values)).rowcount


async def forget_old(connection: Connection, now: datetime) -> None:
    """Deletes expired sessions and steps, and failures that no longer count."""
    await connection.execute(queries.forget_old_sessions, {"now": now})
    await connection.execute(queries.forget_old_steps, {"now": now})
    await connection.execute(queries.forget_old_departures, {"now": now})
    await forget_old_attempts(connection, now)
