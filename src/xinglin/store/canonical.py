"""Finds resources by canonical URL, and tells their versions, without reading them."""

from collections.abc import Collection
from typing import Any, TypeAlias

from psycopg import AsyncConnection

from xinglin.fhir.search.terms import term
from xinglin.store.cursors import execute, queries

Source: TypeAlias = tuple[str, str]
"""Type and canonical URL, without a version, of what something depends on."""

Stamp: TypeAlias = tuple[str, str, int, str]
"""Type, id and version of a resource, and the transaction that wrote it: another one may write the same version."""


async def by_url(connection: AsyncConnection[Any], type: str, url: str) -> list[tuple[str, int]]:
    """(id, version) of the resources with this canonical URL, the last changed first."""
    wanted = {"type": type, "terms": f"{{{term(type, 'url', url)}}}"}
    return [(id, version) async for id, version in await execute(connection, queries.canonical, wanted)]


async def version_of(connection: AsyncConnection[Any], type: str, id: str) -> int | None:
    """The current version of a resource; None where there is none, or no longer."""
    row = await (await execute(connection, queries.version_of, {"type": type, "id": id})).fetchone()
    return int(row[0]) if row else None


async def stamps(connection: AsyncConnection[Any], sources: Collection[Source]) -> dict[Source, frozenset[Stamp]]:
    """Which versions of which resources have these canonical URLs now; none where there is none."""
    if not sources:
        return {}
    named = {term(type, "url", url): (type, url) for type, url in sources}
    wanted = {"terms": list(named), "types": [type for type, _ in named.values()]}
    found: dict[Source, set[Stamp]] = {source: set() for source in named.values()}
    async for number, *stamp in await execute(connection, queries.stamps, wanted):
        found[named[number]].add((named[number][0], *stamp))
    return {source: frozenset(there) for source, there in found.items()}
