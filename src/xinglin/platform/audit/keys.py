"""The keys of the audit's seals, in a file outside of the database: whoever changes the database can't make seals.

One key of 32 bytes a line, in hexadecimal digits. The first one seals, the others are there to check what they sealed.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SIZE = 32


class AuditKeyError(Exception):
    """The file of keys can't be used; the message says why and what is accepted."""


@dataclass(frozen=True)
class Key:
    """A key; its name, which the seals bear, tells nothing about the secret."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Sixteen hexadecimal digits."""
        return hashlib.sha256(b"xinglin audit key\0" + self.secret).hexdigest()[:16]


def load_keys(path: Path) -> Sequence[Key]:
    """The keys of a file, the one that seals first. Raises `AuditKeyError`."""
    try:
        lines = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not ASCII"
        raise AuditKeyError(f"The keys of the audit can't be read from {path}: {reason}") from None
    try:
        keys = [Key(bytes.fromhex(line)) for line in lines]
    except ValueError:
        keys = []
    if not keys or any(len(key.secret) != SIZE for key in keys):
        raise AuditKeyError(f"{path} must hold keys of {SIZE * 2} hexadecimal digits, one a line, and nothing else")
    return keys


def load_or_make_keys(path: Path) -> Sequence[Key]:
    """The keys of a file, which is made with a new key (mode 0600) where it is not there. Raises `AuditKeyError`."""
    if not path.exists():
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{secrets.token_hex(SIZE)}\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was quicker, and its key is the one
                os.link(unfinished, path)
        except OSError as error:
            raise AuditKeyError(f"The key of the audit can't be written to {path}: {error.strerror}") from None
        finally:
            unfinished.unlink(missing_ok=True)
    return load_keys(path)
