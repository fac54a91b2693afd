"""Encrypts values of resources anew by the key that is in use, in batches, while the store is in use.

Each batch is one transaction of the caller, which also notes how far the run has come: a worker that is killed loses
only the batch in hand. What is written meanwhile is encrypted by the present key anyway. A version stays the version
that it was, since nothing of what it says changes. The same run encrypts what was written before anything was, and puts
into clear what need not be encrypted any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.search.blinding import PERSONS
from xinglin.store.concealing import Vault, rewritten, vault_of
from xinglin.store.cursors import execute, queries
from xinglin.store.parameters import in_force
from xinglin.store.reindexing import index_anew
from xinglin.store.rows import row_of

Connection = AsyncConnection[Any]

BATCH = 200
"""Versions that one transaction looks at."""

_TYPES = (*sorted(PERSONS), "Bundle")
_HISTORY = 10
# Times as many of the history, most of which is of other types.
_PERSONS = [f'%"resourceType":"{type}"%' for type in sorted(PERSONS)]


@dataclass(frozen=True, slots=True)
class Reseal:
    """A run: how many versions it has looked at and written; it begins with `not_before`."""

    id: int
    started: datetime
    not_before: datetime
    finished: datetime | None
    place: str
    looked: int
    done: int


async def start_reseal(connection: Connection, *, now: datetime, not_before: datetime) -> int:
    """Notes that everything is to be encrypted anew; `continue_reseal` does the work."""
    wanted = {"now": now, "not_before": not_before}
    ((id,),) = await (await execute(connection, queries.reseal_start, wanted)).fetchall()
    return int(id)


async def continue_reseal(
    connection: Connection, *, now: datetime, zone: tzinfo = UTC, size: int = BATCH
) -> int | None:
    """Looks at the next versions of the oldest run, in the caller's transaction, and gives how many.

    None: there is nothing to do, or another worker does it. `zone` is the one that the `Repository` is given.
    """
    vault = vault_of(connection)
    run = await (await execute(connection, queries.reseal_next, {"now": now})).fetchone()
    if run is None or vault is None:
        return None
    id, place, after = run
    if place == "history":
        looked, done, following = await _history(connection, vault, after, zone, size * _HISTORY)
    else:
        looked, done, following = await _resources(connection, vault, place, after, zone, size)
    finished = now if following is None else None
    place, after = following or (place, after)
    progress = {"id": id, "place": place, "after": after, "looked": looked, "done": done, "finished": finished}
    await execute(connection, queries.reseal_advance, progress)
    return looked


async def reseal_status(connection: Connection) -> list[Reseal]:
    """All runs, in the order in which they were started."""
    return [Reseal(*row) for row in await (await execute(connection, queries.reseal_status, {})).fetchall()]


async def uses(connection: Connection, key: str) -> bool:
    """Whether any version of a resource has values that a key encrypted. Looks at all persons and the whole history."""
    rows = await (await execute(connection, queries.containers_of, {"types": list(PERSONS)})).fetchall()
    wanted = {"types": [*_TYPES, *(type for (type,) in rows)], "sealed": f'%"\\\\u0001{key}.%'}
    ((found,),) = await (await execute(connection, queries.reseal_uses, wanted, prepare=False)).fetchall()
    return bool(found)


Following = tuple[str, list[str]] | None
"""Where a run goes on: the place, and what was looked at last there. None: nowhere."""


async def _resources(
    connection: Connection, vault: Vault, place: str, after: list[str], zone: tzinfo, size: int
) -> tuple[int, int, Following]:
    type, key = after or (_TYPES[0], "0")
    wanted = {"type": type, "types": list(PERSONS), "key": int(key), "size": size}
    query = queries.reseal_resource if place == "resource" else queries.reseal_container
    rows = await (await execute(connection, query, wanted)).fetchall()
    known = await in_force(connection)
    changed, contents = [], []
    for *row, content, text in rows:
        resource = json.loads(content)
        if rewritten(vault, text, resource):
            changed.append((*row, content))
            contents.append(row_of(resource, row[3], row[4], zone, known).content())
    if changed:
        written = {"types": [row[1] for row in changed], "keys": [row[0] for row in changed], "contents": contents}
        await execute(connection, queries.reseal_write, written)
        await index_anew(connection, changed, zone)
    return len(rows), len(changed), _after_resources(place, type, rows, size)


def _after_resources(place: str, type: str, rows: Sequence[tuple[Any, ...]], size: int) -> Following:
    if len(rows) == size:
        return place, [type, str(rows[-1][0])]
    if place == "container":
        return "history", []
    following = _TYPES[_TYPES.index(type) + 1 :]
    return ("resource", [following[0], "0"]) if following else ("container", [])


async def _history(
    connection: Connection, vault: Vault, after: list[str], zone: tzinfo, size: int
) -> tuple[int, int, Following]:
    type, id, version = after or ("", "", "0")
    wanted = {"type": type, "id": id, "version": int(version), "size": size, "persons": _PERSONS}
    rows = await (await execute(connection, queries.reseal_history, wanted)).fetchall()
    known = await in_force(connection)
    changed = []
    for type, id, version, updated, content, text, concerned in rows:
        if concerned and rewritten(vault, text, resource := json.loads(content)):
            changed.append((type, id, version, row_of(resource, version, updated, zone, known).content()))
    if changed:
        columns = zip(("types", "ids", "versions", "contents"), map(list, zip(*changed, strict=True)), strict=True)
        await execute(connection, queries.reseal_write_history, dict(columns))
    last = [str(part) for part in rows[-1][:3]] if rows else []
    return len(rows), len(changed), ("history", last) if len(rows) == size else None
