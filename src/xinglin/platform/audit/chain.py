"""How rows of the audit are hashed and bound together: pure functions, so that anybody can check a seal anew.

A row's digest is the hash of a JSON array (UTF-8, no spaces) of its columns in the order of the table. A seal's digest
is the hash of the digest of the seal before it, a JSON array `[number, time, algorithm, key, drained, count]`, its
rows' numbers (8 bytes each, big-endian), and its rows' digests. Its MAC is the HMAC (RFC 2104) of that digest. Times
are text: seconds since 1970 with six decimals, as PostgreSQL writes them.
"""

import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

SHA256 = "sha256"
ALGORITHMS = (SHA256, "sm3")
"""Names that a seal may bear: FIPS 180-4, and GB/T 32905 for those who need it. Digests of both have `SIZE` bytes."""
SIZE = 32
BEGINNING = bytes(SIZE)
"""What stands for the seal before the first one."""
GONE = bytes(SIZE)
"""The digest of a row that was gone before it could be sealed."""


@dataclass(frozen=True)
class Seal:
    """One block. `at` is its time as text, `events` are the numbers of its rows, `digests` theirs, one after the other;
    `key` names the key of `mac`. `drained`: when it was made, no committed row was left without a seal."""

    number: int
    at: str
    algorithm: str
    key: str
    drained: bool
    events: tuple[int, ...]
    digests: bytes
    previous: bytes
    digest: bytes
    mac: bytes

    @property
    def head(self) -> "Head":
        """What to keep elsewhere, to know later that nothing was cut off."""
        return Head(self.number, self.digest)

    def digest_of(self, position: int) -> bytes:
        """The digest of the row at a position of `events`."""
        return self.digests[position * SIZE : (position + 1) * SIZE]


class AlgorithmError(Exception):
    """A hash that seals bear or shall bear is not on this machine."""


class HeadError(ValueError):
    """A text is not the end of a chain; the message says what would be."""


@dataclass(frozen=True)
class Head:
    """The end of the chain at some moment, written as `number:digest` in hexadecimal digits."""

    number: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Reads what `str` writes. Raises `HeadError`."""
        number, _colon, digits = text.strip().partition(":")
        try:
            head = cls(int(number), bytes.fromhex(digits))
        except ValueError:
            head = cls(0, b"")
        if head.number < 1 or len(head.digest) != SIZE:
            raise HeadError(
                f"{text!r} is no head; expected is number:digest, such as 12:{'0' * 8}… ({SIZE * 2} digits)"
            )
        return head


def written_time(moment: datetime) -> str:
    """A moment as it is hashed."""
    seconds, rest = divmod(moment - datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1))
    return f"{seconds}.{rest.microseconds:06d}"


def ensure_there(algorithm: str) -> None:
    """Raises `AlgorithmError` where this Python's OpenSSL does not have an algorithm of ours."""
    if algorithm not in hashlib.algorithms_available:
        raise AlgorithmError(
            f"This machine's OpenSSL has no {algorithm}; seals of the audit can't be made or checked by it"
        )


def row_digest(algorithm: str, row: Sequence[Any]) -> bytes:
    """The digest of a row: its columns in order, the time as text."""
    return hashlib.new(algorithm, orjson.dumps(list(row))).digest()


def seal_digest(seal: Seal) -> bytes:
    """The digest that a seal with these fields must have; its `digest` and `mac` are not looked at."""
    head = orjson.dumps([seal.number, seal.at, seal.algorithm, seal.key, seal.drained, len(seal.events)])
    hashed = hashlib.new(seal.algorithm, seal.previous)
    hashed.update(head)
    hashed.update(struct.pack(f">{len(seal.events)}q", *seal.events))
    hashed.update(seal.digests)
    return hashed.digest()


def seal_mac(algorithm: str, secret: bytes, digest: bytes) -> bytes:
    """The HMAC of a seal's digest."""
    return hmac.digest(secret, digest, algorithm)
