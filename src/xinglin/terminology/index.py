"""Keeps the concepts of code systems in tables of their own, made from the CodeSystem resources.

Whoever asks for a code system compares the version of its resource with the one that its rows were made from, and
makes them again where they differ: so every way of writing a resource is covered, and none is slowed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.store.canonical import by_url, version_of
from xinglin.store.cursors import execute
from xinglin.store.repository import Repository
from xinglin.store.sql import load_queries
from xinglin.terminology.concepts import Definition, concepts_of
from xinglin.terminology.names import index_grams, plain, spoken

Connection = AsyncConnection[Any]
T = TypeVar("T")
queries = load_queries("xinglin.terminology")

WHOLE = frozenset({"complete", "not-present"})
"""The values of CodeSystem.content of code systems whose index holds all concepts."""

BATCH = 20_000
"""Concepts that are held in memory at a time while they are written."""


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A code system whose concepts are in the index under `number`; `id` and `indexed` are those of its resource."""

    number: int
    id: str
    indexed: int
    url: str
    version: str | None
    name: str | None
    value_set: str | None
    content: str


async def code_system(repository: Repository, url: str, version: str | None = None) -> CodeSystem | None:
    """The code system with this canonical URL; None where the store has none, or not in this `version`.

    Where several have the URL, one that is whole goes before a fragment, then the one that was changed last.
    """
    if "|" in url and version is None:
        url, _, version = url.partition("|")
    known = await by_url(repository.connection, "CodeSystem", url)
    found = [await _indexed(repository, id, current) for id, current in known]
    fitting = [system for system in found if version is None or system.version == version]
    return next((system for system in fitting if system.content in WHOLE), next(iter(fitting), None))


async def code_system_by_id(repository: Repository, id: str) -> CodeSystem:
    """The code system of the stored `CodeSystem/id`. Raises `NotFound`."""
    current = await version_of(repository.connection, "CodeSystem", id)
    if current is None:
        raise NotFound(f"There is no CodeSystem/{id}")
    return await _indexed(repository, id, current)


async def _indexed(repository: Repository, id: str, current: int) -> CodeSystem:
    found = await _find(repository.connection, id)
    if found is not None and found.indexed == current:
        return found
    async with repository.maintaining() as connection:
        # Whoever comes at the same time waits here, and then finds the work done.
        await execute(connection, queries.lock_index, {"name": f"CodeSystem/{id}"})
        found = await _find(connection, id)
        if found is not None and found.indexed >= current:
            return found
        resource = await repository.read("CodeSystem", id)
        if resource["content"] == "not-present":
            return await describe(connection, resource)
        return await write(connection, resource, concepts_of(resource))


async def _find(connection: Connection, id: str) -> CodeSystem | None:
    row = await (await execute(connection, queries.code_system, {"id": id})).fetchone()
    return CodeSystem(*row) if row else None


async def describe(connection: Connection, resource: Resource) -> CodeSystem:
    """Notes what a stored CodeSystem resource says of itself; its concepts stay as they are."""
    values = {
        "id": resource["id"],
        "indexed": int(resource["meta"]["versionId"]),
        "url": resource.get("url", ""),
        "version": resource.get("version"),
        "name": resource.get("title") or resource.get("name"),
        "value_set": resource.get("valueSet"),
        "content": resource["content"],
    }
    row = await (await execute(connection, queries.write_code_system, values)).fetchone()
    assert row is not None
    return CodeSystem(row[0], **values)


async def write(connection: Connection, resource: Resource, concepts: Iterable[Definition]) -> CodeSystem:
    """Replaces the concepts of a stored CodeSystem resource. A code that comes twice counts where it came first."""
    system = await describe(connection, resource)
    for forget in (queries.forget_concepts, queries.forget_parents, queries.forget_names):
        await execute(connection, forget, {"system": system.number})
    seen: set[str] = set()
    position = 0
    for batch in _batches(_once(concepts, seen), BATCH):
        await copy(connection, queries.copy_concepts, _concept_rows(system.number, position, batch))
        await copy(connection, queries.copy_parents, _parent_rows(system.number, batch))
        await copy(connection, queries.copy_names, _name_rows(system.number, batch))
        position += len(batch)
    if position > 1000:
        # The planner must know of so many new rows at once.
        await execute(connection, queries.analyze, {}, prepare=False)
    return system


async def count(connection: Connection, system: CodeSystem) -> int:
    """How many concepts a code system has in the index."""
    row = await (await execute(connection, queries.count_concepts, {"system": system.number})).fetchone()
    return int(row[0]) if row else 0


async def forget(connection: Connection, type: str, ids: Sequence[str]) -> None:
    """Forgets what was made from resources that are gone for good, whose ids may begin again at version 1."""
    if type in ("CodeSystem", "ConceptMap"):
        query = queries.forget_code_system if type == "CodeSystem" else queries.forget_concept_map
        await execute(connection, query, {"ids": list(ids)})


def _once(concepts: Iterable[Definition], seen: set[str]) -> Iterator[Definition]:
    for concept in concepts:
        if concept.code not in seen:
            seen.add(concept.code)
            yield concept


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


async def copy(connection: Connection, query: str, rows: Iterable[Sequence[Any]]) -> None:
    """Writes rows by COPY."""
    async with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        for row in rows:
            await copy.write_row(row)


def _concept_rows(system: int, position: int, batch: Sequence[Definition]) -> Iterator[Sequence[Any]]:
    for number, concept in enumerate(batch, position):
        yield (
            system,
            concept.code,
            number,
            concept.display,
            concept.active,
            concept.abstract,
            concept.definition,
            _json(list(concept.designations)),
            _json(concept.properties),
        )


def _json(value: Any) -> str | None:
    return json.dumps(value).decode() if value else None


def _parent_rows(system: int, batch: Sequence[Definition]) -> Iterator[Sequence[Any]]:
    return ((system, concept.code, parent) for concept in batch for parent in dict.fromkeys(concept.parents))


def _name_rows(system: int, batch: Sequence[Definition]) -> Iterator[Sequence[Any]]:
    for concept in batch:
        texts = [concept.display, *(item["value"] for item in concept.designations if item.get("value"))]
        for name in dict.fromkeys(map(plain, texts)):
            if name:
                pinyin, initials = spoken(name)
                grams = ",".join(map(str, index_grams(system, (name, pinyin, initials))))
                width = min(len(concept.display), 32_767)
                yield system, concept.code, width, name, pinyin, initials, f"{{{grams}}}"
