"""Signing in with login and password.

Wrong passwords cost a delay that doubles. It counts for a login from one network address, so that nobody locks another
person out from elsewhere. Unknown logins behave and last like known ones.
"""

import hashlib
from datetime import datetime, timedelta

from xinglin.platform.database import Database
from xinglin.platform.i18n import gettext as _
from xinglin.platform.i18n import ngettext
from xinglin.platform.identity.accounts import Account, normal_login, queries, to_account
from xinglin.platform.identity.passwords import hash_password, outdated, verify_password
from xinglin.platform.identity.posts import Connection

FREE_FAILURES = 3
LONGEST_DELAY = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


class SignInRefused(Exception):
    """Nobody was signed in. `text` is for the person, `status` for HTTP (401 or 429), `retry_after` in seconds."""

    def __init__(self, text: str, status: int, retry_after: int = 0) -> None:
        super().__init__(text)
        self.text, self.status, self.retry_after = text, status, retry_after


def delay(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: nothing at first, then 1 s, 2 s, 4 s, up to 15 minutes."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_FAILURES, 20)), LONGEST_DELAY)


async def authenticate(database: Database, *, login: str, password: str, client: str, now: datetime) -> Account:
    """Who signs in. `client` is the network address.

    It takes the database and not a connection, since a failure must be counted although nothing else happens.
    Raises `SignInRefused`; what it says does not tell whether the login exists.
    """
    login = normal_login(login)
    # Hashed, since people type their password into the wrong field.
    attempt = {"login": hashlib.sha256(login.encode()).digest(), "client": client}
    async with database.transaction() as connection:
        # The attempt's row stays locked: guesses from one address come one after the other.
        values = {**attempt, "now": now, "forgotten": now - FORGOTTEN_AFTER}
        row = await (await connection.execute(queries.count_attempt, values)).fetchone()
        failures, last = row or (0, now)
        wait = last + delay(failures) - now
        if failures and wait > timedelta(0):
            raise _too_soon(wait)
        account = await _verified(connection, login, password)
        if account is not None:
            await connection.execute(queries.forget_attempt, attempt)
            return account
        await connection.execute(queries.note_failure, {**attempt, "now": now})
    raise SignInRefused(_("Login or password is wrong"), 401)


async def _verified(connection: Connection, login: str, password: str) -> Account | None:
    """The active account of a login whose password this is."""
    row = await (await connection.execute(queries.find_account, {"login": login})).fetchone()
    kept = await (await connection.execute(queries.read_password, {"account": row[0] if row else ""})).fetchone()
    if not await verify_password(kept[0] if kept else None, password) or row is None or kept is None:
        return None
    if outdated(kept[0]):
        values = {"account": row[0], "old": kept[0], "password": await hash_password(password)}
        await connection.execute(queries.renew_hash, values)
    return to_account(row)


def _too_soon(wait: timedelta) -> SignInRefused:
    seconds = max(1, round(wait.total_seconds()))
    text = ngettext(
        "Too many failures; try again in {seconds} second", "Too many failures; try again in {seconds} seconds", seconds
    )
    return SignInRefused(text.format(seconds=seconds), 429, seconds)
