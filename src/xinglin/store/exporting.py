"""Streams the current versions of whole types, all as of one moment."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir.search.terms import reference_term
from xinglin.store.access import shown
from xinglin.store.conditions import literal
from xinglin.store.cursors import execute, queries, register
from xinglin.store.everything import referring
from xinglin.store.repository import Repository

BATCH = 1000
"""Resources that are fetched at a time."""


async def fix_snapshot(connection: AsyncConnection[Any]) -> None:
    """Lets a transaction that has done nothing yet see one moment to its end, and write nothing."""
    await execute(connection, queries.one_snapshot, {}, prepare=False)


async def stream(
    repository: Repository, type: str, *, since: datetime | None = None, patients: Sequence[str] | None = None
) -> AsyncIterator[list[bytes]]:
    """The JSON texts of all resources of a type that the caller may export, `BATCH` at a time, in the order in which
    they were created.

    `since` leaves out what was changed before; `patients` (ids) what is not about any of them.
    """
    wanted: dict[str, Any] = {"type": type, "since": since, "terms": None, "ids": None}
    if patients is not None and type == "Patient":
        wanted["ids"] = list(patients)
    elif patients is not None:
        codes = [code for source, code in referring("Patient") if source == type]
        wanted["terms"] = literal([reference_term(type, code, f"Patient/{id}") for code in codes for id in patients])
    visible = await repository.visible(type, "export")
    async with repository.connection.cursor(name="export") as cursor:
        register(cursor)
        query = queries.export.format(visible=visible.sql)
        await cursor.execute(query.encode(), {**wanted, **visible.parameters})
        while rows := await cursor.fetchmany(BATCH):
            yield [shown(repository.access, type, content) for (content,) in rows]


async def types_present(connection: AsyncConnection[Any]) -> list[str]:
    """The resource types of which there is any, in the order of their names."""
    rows = await (await execute(connection, queries.types_present, {})).fetchall()
    return sorted(type for (type,) in rows)
