"""New resources as lines of COPY's text format, which need neither the database nor the resource any more.

So they can be made in another process and handed over as a few bytes (PostgreSQL, COPY, "Text Format").
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from xinglin.fhir.outcome import Conflict
from xinglin.fhir.search import Terms
from xinglin.store.cursors import execute, queries
from xinglin.store.rows import Row, dates_of

Connection = AsyncConnection[Any]

_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class Found(NamedTuple):
    """What a resource is found by: its lines of `search_date`, `search_string` and `search_number`."""

    dates: bytes
    strings: bytes
    numbers: bytes


class Copied(NamedTuple):
    """A new resource: its line of `resource`, and what it is found by beside its terms."""

    type: str
    id: str
    resource: bytes
    found: Found


def copied(key: int, row: Row) -> Copied:
    """The lines of a new resource that has been given a key."""
    content = row.content().replace("\\", "\\\\")  # JSON has no other sign that COPY takes for its own
    line = (
        f"{row.type}\t{key}\t{row.id}\t{row.version}\t{row.updated.isoformat()}\t{content}\t{row.array()}\t{row.name}\n"
    )
    return Copied(row.type, row.id, line.encode(), found(key, row.terms))


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
    await copy_found(connection, [row.found for row in rows])


async def copy_found(connection: Connection, found: Sequence[Found]) -> None:
    """Writes what resources are found by beside their terms."""
    await _copy(connection, queries.copy_dates, [each.dates for each in found])
    await _copy(connection, queries.copy_strings, [each.strings for each in found])
    await _copy(connection, queries.copy_numbers, [each.numbers for each in found])


async def _copy(connection: Connection, query: str, lines: Sequence[bytes]) -> None:
    if data := b"".join(lines):
        async with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
            await copy.write(data)
