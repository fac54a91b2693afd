"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes for whoever has lost it."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity.accounts import Account, queries
from xinglin.platform.identity.posts import Connection
from xinglin.platform.sealing import Seal, SealError

DIGITS, SECONDS = 6, 30
"""What every authenticator app takes for granted."""

WINDOW = 1
"""Steps before and after the present one whose codes are taken too: clocks differ, and people type."""

SECRET_BYTES = 20
TIME_TO_SET_UP = timedelta(minutes=10)
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10


class FactorError(Exception):
    """A second factor can't be set up or changed as asked; the message says why."""


@dataclass(frozen=True)
class Factor:
    """The second factor of an account: since when, and how many recovery codes are left."""

    since: datetime
    recovery_codes: int


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The step of 30 seconds to which a code belongs, within the window around `now`; None for a wrong code."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    present = int(now.timestamp()) // SECONDS
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        # All of them are compared, so that time tells nothing.
        if hmac.compare_digest(code_at(secret, step), code.encode()):
            found = step
    return found


def code_at(secret: bytes, step: int) -> bytes:
    """The code of one step of 30 seconds."""
    return HOTP(secret, DIGITS, SHA1()).generate(step)  # noqa: S303  (RFC 6238's own, and all that apps can do)


def address_of(secret: bytes, *, login: str, issuer: str) -> str:
    """The address that an app reads from the picture (Key URI format)."""
    values = {"secret": readable(secret), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": SECONDS}
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?{urlencode(values, quote_via=quote)}"


def readable(secret: bytes) -> str:
    """A secret as a person types it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


@dataclass(frozen=True)
class Draft:
    """A second factor that is being set up: its secret, sealed for one account and some minutes.

    It travels through the form and is nowhere kept, so nobody can learn it beforehand who opens the form first.
    """

    secret: bytes
    sealed: str

    @classmethod
    def make(cls, account_id: str, *, seal: Seal, now: datetime) -> "Draft":
        """A new secret for an account."""
        secret = secrets.token_bytes(SECRET_BYTES)
        until = int((now + TIME_TO_SET_UP).timestamp()).to_bytes(8)
        return cls(secret, base64.b64encode(seal.seal(until + secret, _draft_about(account_id))).decode())

    @classmethod
    def read(cls, sealed: str, account_id: str, *, seal: Seal, now: datetime) -> "Draft":
        """The secret that a form brings back. Raises `FactorError` where it is another account's, or too old."""
        try:
            content = seal.open(base64.b64decode(sealed), _draft_about(account_id))
        except (SealError, ValueError):
            content = bytes(8)
        if int.from_bytes(content[:8]) < now.timestamp():
            raise FactorError(_("Setting up took too long; please begin again"))
        return cls(content[8:], sealed)

    async def accept(self, connection: Connection, account: Account, code: str, seal: Seal, now: datetime) -> list[str]:
        """Makes it the account's second factor once a code proves that the app holds it; returns recovery codes.

        Raises `FactorError` for a wrong code.
        """
        step = step_of(self.secret, "".join(code.split()), now)
        if step is None:
            raise FactorError(_("This code does not fit; is the clock of the phone right?"))
        return await set_factor(connection, account.account_id, self.secret, step, seal=seal, now=now)


async def find_factor(connection: Connection, account_id: str) -> Factor | None:
    """The second factor of an account; None where it has none."""
    row = await (await connection.execute(queries.read_factor, {"account": account_id})).fetchone()
    if row is None:
        return None
    left = await (await connection.execute(queries.count_recovery_codes, {"account": account_id})).fetchone()
    return Factor(row[1], left[0] if left else 0)


async def set_factor(
    connection: Connection, account_id: str, secret: bytes, step: int, *, seal: Seal, now: datetime
) -> list[str]:
    """Gives an account its second factor, after a code of `step` has proven that the app holds the secret.

    Returns new recovery codes, which are never seen again.
    """
    values = {"account": account_id, "secret": seal.seal(secret, sealed_about(account_id)), "now": now, "step": step}
    await connection.execute(queries.set_factor, values)
    return await renew_recovery_codes(connection, account_id)


async def renew_recovery_codes(connection: Connection, account_id: str) -> list[str]:
    """New recovery codes in the place of all former ones."""
    codes = [_recovery_code() for _number in range(RECOVERY_CODES)]
    await connection.execute(queries.delete_recovery_codes, {"account": account_id})
    digests = [_digest(code) for code in codes]
    await connection.execute(queries.set_recovery_codes, {"account": account_id, "codes": digests})
    return codes


async def prove_factor(connection: Connection, account_id: str, code: str, *, seal: Seal, now: datetime) -> str | None:
    """Takes a code of the app, or a recovery code, each only once.

    Returns "code" or "recovery code", None for one that is wrong or was used. Raises `SealError` where the secret can't
    be read.
    """
    row = await (await connection.execute(queries.read_factor, {"account": account_id})).fetchone()
    if row is None:
        return None
    code = "".join(code.split()).replace("-", "").upper()
    step = step_of(seal.open(bytes(row[0]), sealed_about(account_id)), code, now)
    if step is not None:
        used = await connection.execute(queries.use_step, {"account": account_id, "step": step})
        return "code" if await used.fetchone() else None
    values = {"account": account_id, "code": _digest(code), "now": now}
    used = await connection.execute(queries.use_recovery_code, values)
    return "recovery code" if await used.fetchone() else None


async def remove_factor(connection: Connection, account_id: str) -> None:
    """Takes the second factor away, with its recovery codes."""
    await connection.execute(queries.delete_recovery_codes, {"account": account_id})
    await connection.execute(queries.delete_factor, {"account": account_id})


def sealed_about(account_id: str) -> str:
    """What the secret of an account is bound to."""
    return f"second factor of {account_id}"


def _draft_about(account_id: str) -> str:
    return f"second factor to be of {account_id}"


def _recovery_code() -> str:
    """80 random bits in groups of four: too many to guess, so a plain digest keeps them."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.replace("-", "").encode()).digest()
