"""Removes versions for good. What a hospital must keep by law is for the caller to know: nothing comes back."""

from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.outcome import Conflict
from xinglin.store.cursors import execute, queries
from xinglin.store.versions import current, find


async def previous_versions(connection: AsyncConnection[Any], type: str, id: str) -> int:
    """Removes all versions but the current one; gives their number. Raises `NotFound`, `Gone`."""
    await current(connection, type, id, lock=True)
    return (await execute(connection, queries.expunge_history, {"type": type, "id": id})).rowcount


async def deleted_resources(
    connection: AsyncConnection[Any], type: str, id: str | None, limit: int
) -> tuple[list[str], int]:
    """Removes deleted resources of a type, at most `limit`, or the one with an id, with all their versions.

    Gives their ids and the number of versions. Raises `Conflict` where the one with the id is not deleted.
    """
    if id is not None:
        found = await find(connection, type, id, lock=True)
        if found is not None and not found.deleted:
            raise Conflict(f"{type}/{id} is not deleted; delete it first")
    wanted = {"type": type, "id": id, "limit": limit}
    rows = await (await execute(connection, queries.expunge_deleted, wanted)).fetchall()
    return [id for id, _ in rows], sum(count + 1 for _, count in rows)
