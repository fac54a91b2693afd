"""Headers of a Subscription's channel (FHIR R4, Subscription.channel.header); their values are the receiver's secrets.

They lie sealed beside the resource, which has `Name: ***` in their place, so no read, no history, no export and no copy
of the database shows them.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from psycopg import AsyncConnection

from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Resource
from xinglin.store.cursors import execute, queries

Connection = AsyncConnection[Any]

HIDDEN = "***"
"""Stands for the value of a header."""

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)")
_OWN = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})
# Headers that the sender sets itself.


class Sealing(Protocol):
    """Encrypts what must be read again, bound to what it is about."""

    @property
    def head(self) -> bytes:
        """How everything begins that is sealed by the present key."""

    def seal(self, content: bytes, about: str) -> bytes:
        """`content`, sealed."""

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed."""


class Header(NamedTuple):
    """A header with its sealed value."""

    name: str
    value: bytes

    @property
    def shown(self) -> str:
        """As the resource has it."""
        return f"{self.name}: {HIDDEN}"


def opened(id: str, headers: Sequence[Header], seal: Sealing) -> dict[str, str]:
    """The headers of a Subscription with their values, by name. Raises what `seal` does for one that does not open."""
    return {header.name: seal.open(header.value, _about(id, header.name)).decode() for header in headers}


def sealed(
    resource: Resource, id: str, known: Sequence[Header], seal: Sealing | None
) -> tuple[list[Header], list[Issue]]:
    """The headers of a Subscription that is to be written, and what is wrong with them; those that come hidden stay as
    they are `known`. Without a `seal` no value is taken."""
    values = {header.name.lower(): header for header in known}
    found, issues = [], []
    for index, header in enumerate(resource["channel"].get("header", ())):
        match = _HEADER.fullmatch(header)
        if match is None or match[1].lower() in _OWN:
            fault = f"expected Name: value in ASCII; {', '.join(sorted(_OWN))} are set by us"
        elif match[2] == HIDDEN and match[1].lower() in values:
            found.append(values[match[1].lower()])
            continue
        elif match[2] == HIDDEN:
            fault = f"the value of {match[1]} is not known to belong to this account; give it again"
        elif seal is None:
            fault = "secrets can't be sealed this way; accepted is a Subscription that comes by FHIR REST"
        else:
            found.append(_sealed(id, header, seal))
            continue
        issues.append(Issue("error", "invalid", fault, f"Subscription.channel.header[{index}]"))
    return found, issues


async def seal_former(connection: Connection, seal: Sealing) -> int:
    """Seals values that were written before there was a seal, and tells of how many Subscriptions."""
    rows = await (await execute(connection, queries.subscriptions_unsealed, {})).fetchall()
    for id, headers in rows:
        made = [_sealed(id, header, seal) for header in headers]
        values = {"id": id, "names": [header.name for header in made], "values": [header.value for header in made]}
        await execute(connection, queries.subscription_seal, values)
    return len(rows)


async def seal_anew(connection: Connection, seal: Sealing) -> int:
    """Seals under the present key what lies sealed under another one, and tells of how many Subscriptions."""
    done = 0
    for id, names, values in await (await execute(connection, queries.subscriptions_sealed, {})).fetchall():
        if all(bytes(value).startswith(seal.head) for value in values):
            continue
        each = zip(map(bytes, values), (_about(id, name) for name in names), strict=True)
        made = [seal.seal(seal.open(value, about), about) for value, about in each]
        await execute(connection, queries.subscription_seal, {"id": id, "names": names, "values": made})
        done += 1
    return done


def _sealed(id: str, header: str, seal: Sealing) -> Header:
    name, _, value = header.partition(":")
    return Header(name, seal.seal(value.strip(" \t").encode(), _about(id, name)))


def _about(id: str, name: str) -> str:
    return f"Subscription/{id}/channel.header/{name.lower()}"
