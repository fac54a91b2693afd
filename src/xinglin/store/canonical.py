"""Finds resources by canonical URL, and tells their versions, without reading them."""

from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.search.terms import term
from xinglin.store.cursors import execute, queries


async def by_url(connection: AsyncConnection[Any], type: str, url: str) -> list[tuple[str, int]]:
    """(id, version) of the resources with this canonical URL, the last changed first."""
    wanted = {"type": type, "terms": f"{{{term(type, 'url', url)}}}"}
    return [(id, version) async for id, version in await execute(connection, queries.canonical, wanted)]


async def version_of(connection: AsyncConnection[Any], type: str, id: str) -> int | None:
    """The current version of a resource; None where there is none, or no longer."""
    row = await (await execute(connection, queries.version_of, {"type": type, "id": id})).fetchone()
    return int(row[0]) if row else None
