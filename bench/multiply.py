"""Makes many hospitals out of one: copies of resources as rows, each copy with ids, references and terms of its own.

Each resource is validated and indexed once by the store's own code. Its copies differ in the first eight characters of
their ids and of what they refer to, so the rest is putting texts together; only the numbers of names are made anew.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from xinglin.fhir.search import parameters
from xinglin.fhir.search.terms import name_number, parameter_term
from xinglin.fhir.validation import ensure_valid
from xinglin.store.cursors import queries
from xinglin.store.loading import read_document
from xinglin.store.references import replaced
from xinglin.store.rows import Row, dates_of, stamped

MARK = "xl000000"
"""The first characters of all ids of the original, which stand in no other text."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Original:
    """A resource, prepared: its text in the pieces between marks, its terms, and those that are references.

    `references` are (the parameter's number, the target's place among the originals); `patient` is a place or None.
    """

    row: Row
    pieces: tuple[str, ...]
    terms: tuple[int, ...]
    references: tuple[tuple[int, int], ...]
    dates: tuple[tuple[int, datetime, datetime, int | None], ...]


def originals(files: Sequence[Path]) -> list[Original]:
    """The resources of transaction bundles that know nothing of each other."""
    found: list[Row] = []
    for number, file in enumerate(files):
        entries = read_document(file)["entry"]
        ids = {e["fullUrl"]: f"{MARK}-{number:04x}-4000-8000-{place:012x}" for place, e in enumerate(entries)}
        targets = {e["fullUrl"]: f"{e['resource']['resourceType']}/{ids[e['fullUrl']]}" for e in entries}
        for entry in entries:
            resource, _ = replaced(entry["resource"], targets)
            resource = {**resource, "id": ids[entry["fullUrl"]]}
            ensure_valid(resource)
            found.append(stamped(resource, resource["id"], 1, NOW, UTC))
    places = {row.name: place for place, row in enumerate(found)}
    return [_original(row, places) for row in found]


def _original(row: Row, places: dict[int, int]) -> Original:
    numbers = [parameter_term(row.type, p.code) for p in parameters(row.type).values() if p.type == "reference"]
    references = {
        term: (number, places[term ^ number])
        for term in row.terms.hashes
        for number in numbers
        if term ^ number in places
    }
    terms = tuple(term for term in row.terms.hashes if term not in references)
    dates = tuple((p, low, high, places.get(patient)) for p, low, high, patient in dates_of(row.terms))
    return Original(row, tuple(row.content().split(MARK)), terms, tuple(references.values()), dates)


class Copies:
    """Writes copies of the originals over one connection, each in a transaction of its own."""

    def __init__(self, conninfo: str, known: Sequence[Original]) -> None:
        self._conninfo = conninfo
        self._known = known

    async def write(self, numbers: Sequence[int]) -> int:
        """Writes the copies with these numbers; gives how many resources these are."""
        async with await psycopg.AsyncConnection.connect(self._conninfo) as connection:
            for number in numbers:
                await self._copy(connection, f"{number + 1:08x}")
                await connection.commit()
        return len(numbers) * len(self._known)

    async def _copy(self, connection: psycopg.AsyncConnection[Any], mark: str) -> None:
        known = self._known
        rows = await connection.execute(queries.next_keys, {"count": len(known)})
        keys = [key for (key,) in await rows.fetchall()]
        ids = [one.row.id.replace(MARK, mark) for one in known]
        names = [name_number(f"{one.row.type}/{id}") for one, id in zip(known, ids, strict=True)]
        resources, dates, strings, numbers = [], [], [], []
        for key, id, name, one in zip(keys, ids, names, known, strict=True):
            terms = [*one.terms, *(number ^ names[place] for number, place in one.references)]
            array = f"{{{','.join(map(str, terms))}}}"
            resources.append((one.row.type, key, id, 1, NOW, mark.join(one.pieces), array, name))
            dates += [(key, p, low, high, 0 if place is None else names[place]) for p, low, high, place in one.dates]
            strings += [(key, parameter, text) for parameter, text in one.row.terms.strings]
            numbers += [(key, p, *interval, unit, code) for p, interval, unit, code in one.row.terms.numbers]
        written = (
            (queries.copy_resources, resources),
            (queries.copy_dates, dates),
            (queries.copy_strings, strings),
            (queries.copy_numbers, numbers),
        )
        for query, several in written:
            async with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
                for row in several:
                    await copy.write_row(row)


def multiply(conninfo: str, files: Sequence[Path], first: int, last: int, step: int) -> int:
    """Writes every `step`-th copy from `first` on, below `last`: the work of one process. Gives the resources."""
    return asyncio.run(Copies(conninfo, originals(files)).write(range(first, last, step)))
