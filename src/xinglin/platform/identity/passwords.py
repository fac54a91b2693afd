"""Passwords: what one must be like, and argon2id (RFC 9106) around it."""

import asyncio
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from xinglin.platform.i18n import gettext as _

LONGEST = 200
LEAST_DIFFERENT = 5
_LOGIN_COUNTS = 3
"""Shorter logins occur in every other password by chance."""

_LEET = str.maketrans("@431!05$7", "aaeiiosst")
_EDGE = r"[\W\d_]"
_CLEAR = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_hasher = PasswordHasher()  # RFC 9106, second recommended option: 64 MiB, 3 passes
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm8$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    # A hash that no password has, verified for unknown logins so that they take as long as known ones.
)


class PasswordError(Exception):
    """A new password is not acceptable; the message says what would be."""


@dataclass(frozen=True)
class PasswordRules:
    """What a hospital asks of passwords (GB/T 22239-2019, level 3, leaves the figures to it).

    `shortest` in characters; `kinds`: how many of small letters, capitals, other letters, digits and other signs it
    must mix; `history`: how many former ones may not come back; `age` after which a new one is due, None for never;
    `common`: whether those that are guessed first will do, as in a demonstration.
    """

    shortest: int = 8
    kinds: int = 3
    history: int = 5
    age: timedelta | None = timedelta(days=90)
    common: bool = False


USUAL = PasswordRules()


def check_password(password: str, *, login: str, rules: PasswordRules = USUAL) -> None:
    """Raises `PasswordError` for a password that is too short, too long, too plain, common, or has the login in it."""
    if not rules.shortest <= len(password) <= LONGEST:
        raise PasswordError(
            _("A password has {shortest} to {longest} characters").format(shortest=rules.shortest, longest=LONGEST)
        )
    if len(login) >= _LOGIN_COUNTS and login.casefold() in password.casefold():
        raise PasswordError(_("A password must not contain the login"))
    if len({_kind(sign) for sign in password}) < rules.kinds or len(set(password)) < LEAST_DIFFERENT:
        raise PasswordError(
            _(
                "A password mixes at least {kinds} of small letters, capitals, other letters, digits and other signs, "
                "and at least {different} different characters"
            ).format(kinds=rules.kinds, different=LEAST_DIFFERENT)
        )
    if not rules.common and is_common(password):
        raise PasswordError(_("This password is among those that are guessed first; choose another"))


def _kind(sign: str) -> str:
    if sign.isdigit():
        return "digit"
    if sign.isalpha():
        return "capital" if sign.isupper() else "small" if sign.islower() else "letter"
    return "sign"


def is_common(password: str) -> bool:
    """Whether a password is made of common words, with digits and signs around them or in the place of letters.

    So `P@ssw0rd2026!` is, and so is `Admin@123`: variants like these are what guessing begins with.
    """
    words, plain = _common(), password.casefold()
    pieces = [piece for piece in re.split(f"{_EDGE}+", plain) if piece]
    if not pieces:
        return _counted("".join(sign for sign in plain if sign.isdigit()))
    if all(_repeated(piece) in words for piece in pieces) or "".join(pieces) in words:
        return True
    heads = {plain, re.sub(f"^{_EDGE}+", "", plain)}
    cores = {re.sub(tail, "", head) for head in heads for tail in (r"\d+$", f"{_EDGE}+$")}
    return any(_repeated(core.translate(_LEET)) in words for core in cores)


def _repeated(text: str) -> str:
    """The shortest text of which this one consists several times over: `abc` for `abcabc`."""
    found = re.fullmatch(r"(.+?)\1*", text)
    return found[1] if found else text


def _counted(digits: str) -> bool:
    """Whether digits go up, down or round."""
    up = "01234567890" * 2
    return _repeated(digits) in up or _repeated(digits) in up[::-1]


@cache
def _common() -> frozenset[str]:
    text = resources.files("xinglin.platform.identity").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def given_password() -> str:
    """A password for somebody else, to be typed once: 16 letters and digits that can't be mistaken for each other."""
    while True:
        text = "".join(secrets.choice(_CLEAR) for _sign in range(16))
        if {_kind(sign) for sign in text} == {"small", "capital", "digit"}:
            return "-".join(text[start : start + 4] for start in range(0, 16, 4))


async def check_former(password: str, kept: Iterable[str]) -> None:
    """Raises `PasswordError` where one of the hashes `kept` is of this password."""
    for former in kept:
        if await verify_password(former, password):
            raise PasswordError(_("You have had this password before; choose a new one"))


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
