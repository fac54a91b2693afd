"""Sign-ins that are not finished: the password was right, and something is still wanted.

The token of such a sign-in is of a kind of its own: no session exists before all has been proven, so there is nothing
that could be planted in a browser beforehand, or used without the second factor.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from xinglin.platform.identity.accounts import Account, queries, to_account
from xinglin.platform.identity.posts import Connection

TIME_FOR_A_STEP = timedelta(minutes=10)


@dataclass(frozen=True)
class Step:
    """A sign-in under way: whose, and what of `password`, `elsewhere` (at a provider) and `code` has been proven."""

    account: Account
    proven: frozenset[str]
    client: str


def _kept(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def open_step(
    connection: Connection, account: Account, proven: Iterable[str], *, client: str, now: datetime
) -> str:
    """Notes what has been proven, and returns the token for the next step."""
    token = secrets.token_urlsafe(32)
    values = {
        "token": _kept(token),
        "account": account.account_id,
        "proven": sorted(proven),
        "client": client,
        "expires": now + TIME_FOR_A_STEP,
    }
    await connection.execute(queries.open_step, values)
    return token


async def read_step(connection: Connection, token: str, now: datetime) -> Step | None:
    """The sign-in under way, locked until the transaction ends; None where the token names none, or time is up."""
    values = {"token": _kept(token), "now": now}
    row = await (await connection.execute(queries.read_step, values)).fetchone()
    if row is None:
        return None
    *account, proven, client = row
    return Step(to_account(account), frozenset(proven), client)


async def close_step(connection: Connection, token: str) -> None:
    """Ends a step that was taken; a token that names none is no fault."""
    await connection.execute(queries.close_step, {"token": _kept(token)})
