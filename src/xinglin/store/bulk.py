"""Writes many resources with a few round trips: new ones by COPY, new versions in one pipeline."""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.search import Terms
from xinglin.store.copying import contained, copied, copy_contained_rows, copy_found, copy_resources, found, reserve
from xinglin.store.cursors import execute, of_type, queries
from xinglin.store.rows import Row, texts_of

Connection = AsyncConnection[Any]


async def lock_versions(
    connection: Connection, targets: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, bool]]:
    """(type, id) → (version, deleted) of those that exist; nobody else can change them until the commit."""
    if not targets:
        return {}
    wanted = {"types": [type for type, _ in targets], "ids": [id for _, id in targets]}
    rows = await (await execute(connection, queries.lock, wanted)).fetchall()
    return {(type, id): (version, deleted) for type, id, version, deleted in rows}


async def insert_all(connection: Connection, rows: Sequence[Row]) -> None:
    """Writes new resources. Raises `Conflict` where another transaction created one of them at the same time."""
    if rows:
        keys = iter(await reserve(connection, len(rows) + sum(len(row.contained) for row in rows)))
        owned = [next(keys) for _ in rows]
        await copy_resources(connection, [copied(key, row, keys) for key, row in zip(owned, rows, strict=True)])
        terms = [row.terms for row in rows] + [each.terms for row in rows for each in row.contained]
        await add_texts(connection, {text for each in terms for text in each.texts})


async def copy_terms(connection: Connection, keyed: Sequence[tuple[int, Terms]]) -> None:
    """Writes what resources are found by beside their terms: (key of the resource, terms)."""
    await copy_found(connection, [found(key, terms) for key, terms in keyed])
    await add_texts(connection, {text for _, terms in keyed for text in terms.texts})


async def add_texts(connection: Connection, texts: Collection[tuple[int, str, int]]) -> None:
    """Adds to the dictionary of texts what it does not have."""
    if texts:
        await execute(connection, queries.add_texts, texts_of(texts))


async def copy_contained(connection: Connection, keyed: Sequence[tuple[int, Row]]) -> None:
    """Writes what the resources are found by that others contain: (key of the container, its row)."""
    if not any(row.contained for _, row in keyed):
        return
    keys = iter(await reserve(connection, sum(len(row.contained) for _, row in keyed)))
    made = [contained(key, row, keys) for key, row in keyed]
    await copy_contained_rows(connection, [lines for lines, _ in made])
    await copy_found(connection, [found for _, found in made])
    await add_texts(connection, {text for _, row in keyed for each in row.contained for text in each.terms.texts})


async def replace_contained(
    connection: Connection, containers: Sequence[int], keyed: Sequence[tuple[int, Row]]
) -> None:
    """Writes what `keyed` contain in place of what these containers had, named by their keys."""
    if containers:
        await execute(connection, queries.forget_contained, {"containers": list(containers)})
    await copy_contained(connection, keyed)


async def update_all(connection: Connection, rows: Sequence[Row]) -> None:
    """Writes new versions of resources that `lock_versions` holds."""
    containers: list[int] = []
    keyed: list[tuple[int, Row]] = []
    for type, group in groupby(sorted(rows, key=lambda row: row.type), lambda row: row.type):
        several = list(group)
        async with connection.cursor() as cursor:
            parameters = [row.parameters() for row in several]
            await cursor.executemany(of_type(queries.update, type).encode(), parameters, returning=True)
            for row in several:
                ((key, _, containing),) = await cursor.fetchall()
                containers += [key] if containing else []
                keyed.append((key, row))
                cursor.nextset()
    await replace_contained(connection, containers, keyed)
