"""Writes many resources with a few round trips: new ones by COPY, new versions in one pipeline."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from xinglin.fhir import json
from xinglin.fhir.outcome import Conflict
from xinglin.fhir.search import Terms
from xinglin.store.conditions import literal
from xinglin.store.cursors import execute, of_type, queries
from xinglin.store.rows import Row, dates_of, texts_of

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
    if not rows:
        return
    keyed = list(zip(await _next_keys(connection, len(rows)), rows, strict=True))
    try:
        await _copy(
            connection,
            queries.copy_resources,
            [
                (row.type, key, row.id, row.version, row.updated, row.content(), row.array(), row.name)
                for key, row in keyed
            ],
        )
    except UniqueViolation as error:
        raise Conflict(
            "Another transaction created one of these resources at the same time; repeat the request"
        ) from error
    await copy_terms(connection, [(key, row.terms) for key, row in keyed])
    await copy_contained(connection, keyed)


async def copy_terms(connection: Connection, keyed: Sequence[tuple[int, Terms]]) -> None:
    """Writes what resources are found by beside their terms: (key of the resource, terms)."""
    dates = [(key, *date) for key, terms in keyed for date in dates_of(terms)]
    await _copy(connection, queries.copy_dates, dates)
    strings = [(key, number, text) for key, terms in keyed for number, text in terms.strings]
    await _copy(connection, queries.copy_strings, strings)
    numbers = [(key, number, *interval, unit, code) for key, t in keyed for number, interval, unit, code in t.numbers]
    await _copy(connection, queries.copy_numbers, numbers)
    texts = {text for _, terms in keyed for text in terms.texts}
    if texts:
        await execute(connection, queries.add_texts, texts_of(texts))


async def copy_contained(connection: Connection, keyed: Sequence[tuple[int, Row]]) -> None:
    """Writes what the resources are found by that others contain: (key of the container, its row)."""
    found = [(key, row, each) for key, row in keyed for each in row.contained]
    if not found:
        return
    keys = await _next_keys(connection, len(found))
    await _copy(
        connection,
        queries.copy_contained,
        [
            (
                *(each.resource["resourceType"], -key, row.type, container, each.resource["id"], row.updated),
                *(json.dumps(each.resource).decode(), literal(sorted(each.terms.hashes)), each.name),
            )
            for key, (container, row, each) in zip(keys, found, strict=True)
        ],
    )
    await copy_terms(connection, [(-key, each.terms) for key, (_, _, each) in zip(keys, found, strict=True)])


async def replace_contained(
    connection: Connection, containers: Sequence[int], keyed: Sequence[tuple[int, Row]]
) -> None:
    """Writes what `keyed` contain in place of what these containers had, named by their keys."""
    if containers:
        await execute(connection, queries.forget_contained, {"containers": list(containers)})
    await copy_contained(connection, keyed)


async def _next_keys(connection: Connection, count: int) -> list[int]:
    rows = await (await execute(connection, queries.next_keys, {"count": count})).fetchall()
    return [key for (key,) in rows]


async def _copy(connection: Connection, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        async with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
            for row in rows:
                await copy.write_row(row)


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
