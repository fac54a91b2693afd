"""New resources as lines of COPY's text format, which need neither the database nor the resource any more.

So they can be made in another process and handed over as a few bytes (PostgreSQL, COPY, "Text Format").
"""

from collections.abc import Iterator, Sequence
from operator import add
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from xinglin.fhir import json
from xinglin.fhir.outcome import Conflict
from xinglin.fhir.search import Terms
from xinglin.store.cursors import execute, queries
from xinglin.store.rows import Row, array, dates_of

Connection = AsyncConnection[Any]

_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class Found(NamedTuple):
    """What a resource is found by: its lines of `search_date`, `search_string` and `search_number`."""

    dates: bytes
    strings: bytes
    numbers: bytes


class Copied(NamedTuple):
    """A new resource: its line of `resource`, those of `search_contained` for what it contains, and what all of them
    are found by beside their terms."""

    type: str
    id: str
    resource: bytes
    contained: bytes
    found: Found


def copied(key: int, row: Row, keys: Iterator[int]) -> Copied:
    """The lines of a new resource that has been given a key; what it contains gets some of the further `keys`.

    Raises `StopIteration` where these do not suffice.
    """
    before = f"{row.type}\t{key}\t{row.id}\t{row.version}\t{row.updated.isoformat()}\t"
    line = before.encode() + _for_copy(row.text()) + f"\t{row.array()}\t{row.name}\n".encode()
    inside, others = contained(key, row, keys) if row.contained else (b"", Found(b"", b"", b""))
    own = found(key, row.terms)
    whole = Found(*map(add, own, others)) if row.contained else own
    return Copied(row.type, row.id, line, inside, whole)


def _for_copy(text: bytes) -> bytes:
    """JSON as COPY reads it: there is no other sign in it that COPY takes for its own."""
    return text.replace(b"\\", b"\\\\")


def contained(container: int, row: Row, keys: Iterator[int]) -> tuple[bytes, Found]:
    """The lines of what a resource contains, each under one of the keys, below zero; and what they are found by."""
    lines, places = [], []
    for each in row.contained:
        key = -next(keys)
        before = (
            f"{each.resource['resourceType']}\t{key}\t{row.type}\t{container}\t{each.resource['id']}"
            f"\t{row.updated.isoformat()}\t"
        )
        after = f"\t{array(each.terms.hashes)}\t{each.name}\n"
        lines.append(before.encode() + _for_copy(json.dumps(each.resource)) + after.encode())
        places.append(found(key, each.terms))
    together = Found(*(b"".join(part) for part in zip(*places, strict=True))) if places else Found(b"", b"", b"")
    return b"".join(lines), together


def found(key: int, terms: Terms) -> Found:
    """The lines of what a resource is found by."""
    dates = [f"{key}\t{p}\t{low.isoformat()}\t{high.isoformat()}\t{of}\n" for p, low, high, of in dates_of(terms)]
    strings = [f"{key}\t{parameter}\t{text.translate(_ESCAPED)}\n" for parameter, text in terms.strings]
    numbers = [f"{key}\t{p}\t{span.low}\t{span.high}\t{unit}\t{code}\n" for p, span, unit, code in terms.numbers]
    return Found("".join(dates).encode(), "".join(strings).encode(), "".join(numbers).encode())


async def reserve(connection: Connection, count: int) -> list[int]:
    """Keys that no other resource will get."""
    return [key for (key,) in await (await execute(connection, queries.next_keys, {"count": count})).fetchall()]


async def copy_resources(connection: Connection, rows: Sequence[Copied]) -> None:
    """Writes new resources. Raises `Conflict` where another transaction created one of them at the same time."""
    try:
        await _copy(connection, queries.copy_resources, [row.resource for row in rows])
    except UniqueViolation as error:
        raise Conflict(
            "Another transaction created one of these resources at the same time; repeat the request"
        ) from error
    await copy_contained_rows(connection, [row.contained for row in rows])
    await copy_found(connection, [row.found for row in rows])
    await note(connection, [(row.type, row.id, 1) for row in rows])


async def note(connection: Connection, written: Sequence[tuple[str, str, int]]) -> None:
    """Notes new versions, as (type, id, version), of types that a Subscription waits for."""
    wanted = {type for (type,) in await (await execute(connection, queries.changes_wanted, {})).fetchall()}
    noted = [each for each in written if each[0] in wanted]
    if noted:
        types, ids, numbers = (list(column) for column in zip(*noted, strict=True))
        await execute(connection, queries.changes_note, {"types": types, "ids": ids, "versions": numbers})


async def copy_contained_rows(connection: Connection, lines: Sequence[bytes]) -> None:
    """Writes what resources contain."""
    await _copy(connection, queries.copy_contained, lines)


async def copy_found(connection: Connection, found: Sequence[Found]) -> None:
    """Writes what resources are found by beside their terms."""
    await _copy(connection, queries.copy_dates, [each.dates for each in found])
    await _copy(connection, queries.copy_strings, [each.strings for each in found])
    await _copy(connection, queries.copy_numbers, [each.numbers for each in found])


async def _copy(connection: Connection, query: str, lines: Sequence[bytes]) -> None:
    if data := b"".join(lines):
        async with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
            await copy.write(data)
