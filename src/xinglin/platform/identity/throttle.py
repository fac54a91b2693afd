"""Wrong guesses cost a delay that doubles, and nobody can lock another person out by guessing.

A delay counts for one subject (a login, or the second factor of an account) from one network. So guessing at
somebody's password slows down the guesser, and not the person at another desk. Two wider counts stop those who spread
their guesses: many logins from one network, and one second factor from many networks. They hold for strangers only:
whoever has succeeded from there before waits for nobody else's failures.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from xinglin.platform.i18n import ngettext
from xinglin.platform.identity.accounts import Account, queries
from xinglin.platform.identity.posts import Connection

FREE_FAILURES = 3
"""Failures without a delay, for one subject from one network."""

WIDE_FAILURES = 20
"""Failures without a delay, for strangers: with any login from one network, or with one subject from anywhere."""

FORGIVEN = 5
"""Failures of strangers that one makes good who signs in there for the first time: on a hospital's first day behind one
address everybody is a stranger, and most get it right. Who sprays guesses does not."""

LONGEST_DELAY = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
STRANGER_AFTER = timedelta(days=180)


class SignInRefused(Exception):
    """Nobody was signed in. `text` is for the person, `status` for HTTP (401 or 429), `retry_after` in seconds.

    `account` is whose sign-in it would have been, for the audit only: the text does not tell whether there is one.
    """

    def __init__(self, text: str, status: int, retry_after: int = 0, account: Account | None = None) -> None:
        super().__init__(text)
        self.text, self.status, self.retry_after, self.account = text, status, retry_after, account


@dataclass(frozen=True)
class Attempt:
    """A try at `subject` from the network `client`; `wide` is what all strangers together are counted by."""

    subject: bytes
    client: str
    wide: tuple[bytes, str]


def login_attempt(login: str, client: str) -> Attempt:
    """A try at the password of a login (in its normal form), from an address."""
    network = network_of(client)
    return Attempt(hashlib.sha256(login.encode()).digest(), network, (b"", network))


def factor_attempt(account_id: str, client: str) -> Attempt:
    """A try at the second factor of an account, from an address."""
    subject = hashlib.sha256(f"second factor\0{account_id}".encode()).digest()
    return Attempt(subject, network_of(client), (subject, ""))


def network_of(client: str) -> str:
    """What one person has: an IPv4 address, the /64 of an IPv6 address; anything else stands for itself."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def delay(failures: int, free: int = FREE_FAILURES) -> timedelta:
    """How long to wait after so many failures in a row: nothing at first, then 1 s, 2 s, 4 s, up to 15 minutes."""
    if failures < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - free, 20)), LONGEST_DELAY)


async def admit(connection: Connection, attempt: Attempt, now: datetime) -> None:
    """Lets a try through, or raises `SignInRefused` (429).

    The attempt's row stays locked until the transaction ends: guesses from one network come one after the other.
    """
    values = {"now": now, "forgotten": now - FORGOTTEN_AFTER}
    row = await (await connection.execute(queries.count_attempt, {**_pair(attempt), **values})).fetchone()
    failures, last = row or (0, now)
    wait = last + delay(failures) - now if failures else timedelta(0)
    if not await _known(connection, attempt):
        row = await (await connection.execute(queries.read_attempt, {**_wide(attempt), **values})).fetchone()
        failures, last = row or (0, now)
        wait = max(wait, last + delay(failures, WIDE_FAILURES) - now) if failures else wait
    if wait > timedelta(0):
        raise _too_soon(wait)


async def failed(connection: Connection, attempt: Attempt, now: datetime) -> None:
    """Counts a failure; the caller commits it although nothing else happens."""
    values = {"now": now, "forgotten": now - FORGOTTEN_AFTER}
    await connection.execute(queries.note_failure, {**_pair(attempt), **values})
    if not await _known(connection, attempt):
        await connection.execute(queries.note_failure, {**_wide(attempt), **values})


async def succeeded(connection: Connection, attempt: Attempt, now: datetime) -> None:
    """Forgets failures, and remembers that this subject belongs to this network."""
    if not await _known(connection, attempt):
        await connection.execute(queries.forgive_attempts, {**_wide(attempt), "forgiven": FORGIVEN})
    await connection.execute(queries.forget_attempt, _pair(attempt))
    await connection.execute(queries.note_known, {**_pair(attempt), "now": now})


async def forget_old_attempts(connection: Connection, now: datetime) -> None:
    """Deletes failures that no longer count, and networks from which somebody has not come for half a year."""
    await connection.execute(queries.forget_old_attempts, {"forgotten": now - FORGOTTEN_AFTER})
    await connection.execute(queries.forget_old_known, {"strangers": now - STRANGER_AFTER})


async def _known(connection: Connection, attempt: Attempt) -> bool:
    return await (await connection.execute(queries.is_known, _pair(attempt))).fetchone() is not None


def _pair(attempt: Attempt) -> dict[str, bytes | str]:
    return {"subject": attempt.subject, "client": attempt.client}


def _wide(attempt: Attempt) -> dict[str, bytes | str]:
    return {"subject": attempt.wide[0], "client": attempt.wide[1]}


def _too_soon(wait: timedelta) -> SignInRefused:
    seconds = max(1, round(wait.total_seconds()))
    text = ngettext(
        "Too many failures; try again in {seconds} second", "Too many failures; try again in {seconds} seconds", seconds
    )
    return SignInRefused(text.format(seconds=seconds), 429, seconds)
