"""Translates codes by ConceptMap resources (FHIR R4, ConceptMap, $translate).

The mappings of a map are indexed when it is used first, and again when its resource has a new version.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.store.canonical import by_url, version_of
from xinglin.store.cursors import execute
from xinglin.store.repository import Repository
from xinglin.terminology.index import Connection, copy, queries

NO_MATCH = frozenset({"unmatched", "disjoint"})
"""Equivalences that say that there is no translation."""

_REVERSED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}


@dataclass(frozen=True, slots=True)
class Match:
    """One translation: what it is equivalent to in which way, and the ConceptMap that says so."""

    system: str
    code: str | None
    display: str | None
    equivalence: str
    comment: str | None
    map: str


async def maps_by_url(repository: Repository, url: str) -> list[str]:
    """The id of the ConceptMap with a canonical URL. Raises `NotFound`."""
    found = await by_url(repository.connection, "ConceptMap", url.partition("|")[0])
    if not found:
        raise NotFound(f"The concept map {url} is not known here; create it as ConceptMap")
    return [found[0][0]]


async def translate(
    repository: Repository, ids: Sequence[str], system: str, code: str, *, target: str | None = None, back: bool = False
) -> list[Match]:
    """What the ConceptMaps with these ids translate a code into; `target` limits the code system.

    With `back`, from target to source. Raises `NotFound` for a map that isn't there.
    """
    numbers = {await _indexed(repository, id): id for id in ids}
    wanted = {"maps": list(numbers), "code": code, "system": system, "target": target}
    query = queries.translate_back if back else queries.translate
    rows = await (await execute(repository.connection, query, wanted)).fetchall()
    turned = [_turned(row) for row in rows] if back else rows
    return [Match(r[1], r[2], r[3], r[4], r[5], map=numbers[r[0]]) for r in turned]


def _turned(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:4], _REVERSED.get(row[4], row[4]), row[5])


async def _indexed(repository: Repository, id: str) -> int:
    current = await version_of(repository.connection, "ConceptMap", id)
    if current is None:
        raise NotFound(f"There is no ConceptMap/{id}")
    number = await _number(repository.connection, id, current)
    if number is not None:
        return number
    async with repository.maintaining() as connection:
        await execute(connection, queries.lock_index, {"name": f"ConceptMap/{id}"})
        number = await _number(connection, id, current)
        return await _write(connection, await repository.read("ConceptMap", id)) if number is None else number


async def _number(connection: Connection, id: str, current: int) -> int | None:
    row = await (await execute(connection, queries.concept_map, {"id": id})).fetchone()
    return int(row[0]) if row and row[1] >= current else None


async def _write(connection: Connection, resource: Resource) -> int:
    values = {"id": resource["id"], "indexed": int(resource["meta"]["versionId"])}
    row = await (await execute(connection, queries.write_concept_map, values)).fetchone()
    assert row is not None
    number = int(row[0])
    await execute(connection, queries.forget_mappings, {"map": number})
    rows = ((number, position, *mapping) for position, mapping in enumerate(_mappings(resource)))
    await copy(connection, queries.copy_mappings, rows)
    return number


def _mappings(resource: Resource) -> Iterator[tuple[str | None, ...]]:
    for group in resource.get("group") or ():
        source, target = group.get("source", ""), group.get("target", "")
        for element in group["element"]:
            for found in element.get("target") or ({"equivalence": "unmatched"},):
                yield (
                    source,
                    element.get("code", ""),
                    target,
                    found.get("code"),
                    found.get("display"),
                    found["equivalence"],
                    found.get("comment"),
                )
