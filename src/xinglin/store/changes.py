"""Versions that somebody waits for: noted in the transaction of the change, looked at afterwards.

A version is noted only where a Subscription waits for its type, which the statement that writes it sees by itself; so a
write costs no more where nobody waits. Deletions are noted for topics alone: what is gone meets no criteria of R4.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import tzinfo
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.outcome import Gone, NotFound
from xinglin.store import versions
from xinglin.store.bulk import update_all
from xinglin.store.cursors import execute, queries
from xinglin.store.parameters import in_force
from xinglin.store.rows import row_of

Connection = AsyncConnection[Any]


class Change(NamedTuple):
    """A version that was written, or a deletion. Those of one resource have their `number` in the order of their
    versions."""

    number: int
    type: str
    id: str
    version: int
    deleted: bool = False


async def first(connection: Connection, limit: int) -> list[Change]:
    """The changes that were noted first among those that nobody has looked at."""
    rows = await (await execute(connection, queries.changes_first, {"limit": limit})).fetchall()
    return [Change(*row) for row in rows]


async def forget(connection: Connection, changes: Sequence[Change]) -> None:
    """Forgets changes that were looked at."""
    await execute(connection, queries.changes_done, {"numbers": [change.number for change in changes]})


@asynccontextmanager
async def as_it_was(connection: Connection, change: Change, zone: tzinfo) -> AsyncIterator[bool]:
    """While the block lasts, searches on this connection find the resource as it was in this version; nobody else sees
    anything of it. Gives False where the version is no more.

    So the store's own search tells whether a version met some criteria that has been superseded in the meantime. The
    resource is locked as long as the block lasts, or it could be changed or deleted before the search; what undoes the
    block lets go of the lock, so that never more than one is held.
    """
    async with connection.transaction(force_rollback=True):
        now = await versions.find(connection, change.type, change.id, lock=True)
        if now is not None and now.version == change.version:
            yield not now.deleted
            return
        try:
            former = await versions.single(connection, change.type, change.id, change.version)
        except (NotFound, Gone):
            yield False
            return
        resource = json.loads(former.content or b"{}")
        row = row_of(resource, change.version, former.updated, zone, await in_force(connection))
        await update_all(connection, [row])
        yield True


async def listen(connection: Connection) -> None:
    """Lets a connection be notified of changes and of Subscriptions."""
    await connection.execute(queries.changes_listen)
