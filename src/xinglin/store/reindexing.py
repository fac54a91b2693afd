"""Makes anew what resources are found by, in batches, while the store is in use.

Each batch is one transaction of the caller, which also notes how far the run has come. So a worker that is killed
loses only the batch in hand, and the next one goes on where it was. Writes meanwhile make their own terms; a batch
locks the resources that it reads, so neither overwrites the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search import SearchParameters, Terms
from xinglin.fhir.search.terms import name_number
from xinglin.store.bulk import copy_terms, replace_contained
from xinglin.store.conditions import literal
from xinglin.store.cursors import execute, queries
from xinglin.store.parameters import in_force, refreshed, version_of
from xinglin.store.rows import row_of

Connection = AsyncConnection[Any]

BATCH = 500
"""Resources that one transaction indexes anew."""

WAITING = -1
"""Told in place of a number of resources while a run can't begin."""


@dataclass(frozen=True, slots=True)
class Reindex:
    """A run: of one type or of all (None), how many resources are done of how many that there were when it was asked
    for (None: not counted), and when it ended."""

    id: int
    type: str | None
    started: datetime
    finished: datetime | None
    done: int
    total: int | None


async def start_reindex(connection: Connection, *, now: datetime, type: str | None = None) -> int | None:
    """Notes that resources, of one type or of all, are to be indexed anew; None where there are none.

    `continue_reindex` does the work. Raises `BadRequest` for an unknown type.
    """
    if type is not None and type not in resource_types():
        raise BadRequest(f"{type} is not a resource type of FHIR R4", code="not-supported")
    row = await (await execute(connection, queries.reindex_start, {"type": type, "now": now})).fetchone()
    return None if row is None else int(row[0])


async def continue_reindex(
    connection: Connection, *, now: datetime, zone: tzinfo = UTC, size: int = BATCH
) -> int | None:
    """Indexes the next resources of the oldest run, in the caller's transaction, and gives how many.

    None: there is nothing left to do, or another worker does it. `WAITING`: nothing can be done yet, since somebody
    still writes who may not know the parameters that the run is for. `zone` is the one that the `Repository` is given.
    """
    run = await (await execute(connection, queries.reindex_next, {})).fetchone()
    if run is None:
        return None
    id, type, after, upto, awaited = run
    if upto is None:
        upto = await _begin(connection, id, awaited)
        if upto is None:
            return WAITING
    types = sorted(resource_types()) if type is None else [type]
    wanted = {"after": after, "upto": upto, "types": types, "contained": type, "size": size}
    rows = await (await execute(connection, queries.reindex_batch, wanted)).fetchall()
    await index_anew(connection, rows, zone)
    wanted["after"] = rows[-1][0] if rows else after
    left = len(rows) == size or (await (await execute(connection, queries.reindex_left, wanted)).fetchone()) == (True,)
    progress = {"id": id, "after": wanted["after"], "done": len(rows), "finished": None if left else now}
    await execute(connection, queries.reindex_advance, progress)
    return len(rows)


async def _begin(connection: Connection, id: int, awaited: list[str] | None) -> int | None:
    """The last key that a run for other parameters has to go to; None while those are at work who were writing when it
    was first looked at, since they may not have known these parameters (see docs/adr/0053)."""
    rows = await (await execute(connection, queries.writers, {"awaited": awaited})).fetchall()
    writers = [transaction for (transaction,) in rows]
    if writers:
        await execute(connection, queries.reindex_await, {"id": id, "awaited": writers})
        return None
    ((upto,),) = await (await execute(connection, queries.reindex_begin, {"id": id})).fetchall()
    return int(upto)


async def index_written(connection: Connection, names: Sequence[tuple[str, str]], zone: tzinfo) -> None:
    """Indexes anew resources, named by type and id, that the caller's transaction has written."""
    wanted = {"types": [type for type, _ in names], "ids": [id for _, id in names]}
    await index_anew(connection, await (await execute(connection, queries.reindex_rows, wanted)).fetchall(), zone)


async def index_anew(connection: Connection, rows: Sequence[tuple[Any, ...]], zone: tzinfo) -> None:
    """Replaces what these resources are found by, by the parameters that are in force."""
    known = await in_force(connection)
    while True:
        await _replace(connection, rows, zone, known)
        # After the first write and not before: from then on whoever changes the parameters waits for this transaction.
        if await version_of(connection) == known.version:
            return
        known = await refreshed(connection)


async def _replace(
    connection: Connection, rows: Sequence[tuple[Any, ...]], zone: tzinfo, known: SearchParameters
) -> None:
    # A tombstone, which has no content, is found by nothing.
    there = [(row, json.loads(row[5])) for row in rows if row[5] is not None]
    made = {
        key: row_of(resource, version, updated, zone, known) for (key, _, _, version, updated, _), resource in there
    }
    terms = [made[key].terms if key in made else Terms() for key, *_ in rows]
    changed = {
        "types": [type for _, type, *_ in rows],
        "keys": [key for key, *_ in rows],
        "terms": [literal(sorted(found.hashes)) for found in terms],
        "names": [name_number(f"{type}/{id}") for _, type, id, *_ in rows],
    }
    await execute(connection, queries.reindex_update, changed)
    await copy_terms(connection, [(row[0], found) for row, found in zip(rows, terms, strict=True)])
    await replace_contained(connection, changed["keys"], list(made.items()))


async def reindex_status(connection: Connection) -> list[Reindex]:
    """All runs, in the order in which they were started."""
    rows = await (await execute(connection, queries.reindex_status, {})).fetchall()
    return [Reindex(*row) for row in rows]
