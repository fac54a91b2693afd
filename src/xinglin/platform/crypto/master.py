"""The master keys of an installation: what lies sealed in the database opens with one of them, and with nothing else.

They are a setting, or a file in the home of the installation that is made when it is first wanted. Servers on several
machines share them. The first one seals, the others open what they sealed, so that one can be replaced by another.
"""

import base64
import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from xinglin.platform.crypto.suites import INTERNATIONAL
from xinglin.platform.settings import MASTER_KEY, Settings

KEY_FILE = "secret.key"
NAME = 8
"""Bytes of a key's name."""


class MasterKeyError(Exception):
    """The file of the master keys can't be used; the message says what is accepted."""


def master_keys(settings: Settings) -> Sequence[bytes]:
    """The keys of 32 bytes, the one that seals first. Raises `MasterKeyError`."""
    if settings.secret_key:
        return [base64.b64decode(key) for key in settings.secret_key.split(",")]
    content = _content(settings.home)
    if not content or len(content) % MASTER_KEY:
        raise MasterKeyError(
            f"{settings.home / KEY_FILE} has {len(content)} bytes; it must hold keys of {MASTER_KEY} bytes each, one "
            "after the other"
        )
    return [content[start : start + MASTER_KEY] for start in range(0, len(content), MASTER_KEY)]


def name_of(key: bytes) -> bytes:
    """What stands for a key in what it sealed; it tells nothing about the key."""
    return INTERNATIONAL.derived(key, "name", NAME)


def _content(home: Path) -> bytes:
    """What is in the home's file, which is made at the first call and can be read by its owner only."""
    path = home / KEY_FILE
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    home.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(MASTER_KEY)
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
