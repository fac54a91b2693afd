"""Sealing: secrets that must be read again, such as those of authenticator apps, are kept encrypted (AES-256-GCM).

The key is a setting, or a file in the home of the installation that is made when it is first wanted. Servers on several
machines share one. A copy of the database alone opens nothing; a copy without the key has lost what is sealed.
"""

import base64
import contextlib
import os
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xinglin.platform.settings import Settings

KEY_FILE = "secret.key"
_FORMAT = b"\x01"
_NONCE = 12


class SealError(Exception):
    """Something was sealed with another key, for another purpose, or was changed since."""


class Seal:
    """Seals and opens with the key of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def seal(self, content: bytes, about: str) -> bytes:
        """`content`, encrypted and bound to what it is about: it opens for nothing else."""
        nonce = secrets.token_bytes(_NONCE)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, content, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. Raises `SealError`."""
        head, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if head != _FORMAT or len(nonce) != _NONCE:
                raise SealError("This is nothing sealed")
            return self._cipher.decrypt(nonce, rest, about.encode())
        except InvalidTag:
            raise SealError(
                "Sealed with another key, or changed since; is XINGLIN_SECRET_KEY that of before?"
            ) from None

    @cached_property
    def _cipher(self) -> AESGCM:
        given = self._settings.secret_key
        return AESGCM(base64.b64decode(given) if given else key_of(self._settings.home))


def key_of(home: Path) -> bytes:
    """The key in the home's file, made at the first call: 32 bytes that only the owner of the file can read."""
    path = home / KEY_FILE
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    home.mkdir(parents=True, exist_ok=True)
    key = AESGCM.generate_key(256)
    # Complete before it has its name, and whoever comes first wins: a key is never read half-written nor replaced.
    draft = home / f"{KEY_FILE}.{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    return path.read_bytes()
