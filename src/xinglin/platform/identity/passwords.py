"""Passwords: what one must be like, and argon2id (RFC 9106) around it."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 200
_hasher = PasswordHasher()  # RFC 9106, second recommended option: 64 MiB, 3 passes
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm8$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    # A hash that no password has, verified for unknown logins so that they take as long as known ones.
)


class PasswordError(Exception):
    """A new password is not acceptable; the message says what would be."""


def check_password(password: str, *, login: str) -> None:
    """Raises `PasswordError` for a password that is too short, too long, too plain or the login itself."""
    from xinglin.platform.i18n import gettext as _

    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordError(
            _("A password has {shortest} to {longest} characters").format(shortest=SHORTEST, longest=LONGEST)
        )
    if login.casefold() in password.casefold():
        raise PasswordError(_("A password must not contain the login"))
    kinds = {"digit" if sign.isdigit() else "letter" if sign.isalpha() else "other" for sign in password}
    if len(kinds) < 2 or len(set(password)) < 5:
        raise PasswordError(_("A password has letters and digits or other signs, at least five of them different"))


async def hash_password(password: str) -> str:
    """The argon2id hash with its salt and parameters, computed beside the event loop."""
    return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(kept: str | None, password: str) -> bool:
    """Whether a password is right; takes the same time where there is nothing to compare with."""
    return await asyncio.to_thread(_verify, kept, password)


def _verify(kept: str | None, password: str) -> bool:
    try:
        return _hasher.verify(kept or _NOBODY, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)
