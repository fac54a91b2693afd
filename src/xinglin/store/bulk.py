"""Writes many resources with a few round trips: new ones by COPY, new versions in one pipeline."""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.search import Terms
from xinglin.store.copying import copied, copy_found, copy_resources, found, reserve
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
        keys = await reserve(connection, len(rows))
        await copy_resources(connection, [copied(key, row) for key, row in zip(keys, rows, strict=True)])
        await add_texts(connection, {text for row in rows for text in row.terms.texts})


async def copy_terms(connection: Connection, keyed: Sequence[tuple[int, Terms]]) -> None:
    """Writes what resources are found by beside their terms: (key of the resource, terms)."""
    await copy_found(connection, [found(key, terms) for key, terms in keyed])
    await add_texts(connection, {text for _, terms in keyed for text in terms.texts})


async def add_texts(connection: Connection, texts: Collection[tuple[int, str, int]]) -> None:
    """Adds to the dictionary of texts what it does not have."""
    if texts:
        await execute(connection, queries.add_texts, texts_of(texts))


async def update_all(connection: Connection, rows: Sequence[Row]) -> None:
    """Writes new versions of resources that `lock_versions` holds."""
    for type, several in groupby(sorted(rows, key=lambda row: row.type), lambda row: row.type):
        async with connection.cursor() as cursor:
            await cursor.executemany(of_type(queries.update, type).encode(), [row.parameters() for row in several])
