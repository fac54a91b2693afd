"""The jobs there are, for whoever looks after the installation: what runs, what waits, what failed and where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.errors import UniqueViolation

from xinglin.store.sql import load_queries

queries = load_queries("xinglin.platform")
Connection = psycopg.AsyncConnection[Any]


@dataclass(frozen=True)
class KeptJob:
    """A job that has not succeeded yet; those that have are gone.

    `status` is todo, doing, failed, cancelled or aborted; `attempts` those that are over. `arguments` are plain JSON.
    `failed` and `error` are when and where it failed the last time; `changed` when anything became of it last.
    """

    id: int
    task: str
    status: str
    attempts: int
    arguments: dict[str, Any]
    scheduled: datetime | None
    failed: datetime | None
    error: str | None
    changed: datetime | None
    since: datetime | None


class NoSuchJob(Exception):
    """There is no such job, or it is not in a state in which this may be done."""


class AlreadyWaiting(Exception):
    """A job for the same work waits already, of which there is one at a time."""


async def listed(
    connection: Connection,
    *,
    status: str | None = None,
    before: int | None = None,
    id: int | None = None,
    limit: int = 50,
) -> list[KeptJob]:
    """Jobs, the newest first, those with a number under `before`; of one `status`, or one only by its `id`."""
    values = {"status": status, "before": before, "id": id, "limit": limit}
    rows = await (await connection.execute(queries.jobs_listed, values)).fetchall()
    return [KeptJob(*row) for row in rows]


async def counted(connection: Connection) -> dict[str, int]:
    """How many there are in each status."""
    rows = await (await connection.execute(queries.jobs_counted)).fetchall()
    return {str(status): int(count) for status, count in rows}


async def try_again(connection: Connection, id: int) -> tuple[str, dict[str, Any]]:
    """Lets a job that failed, or rests after a failure, be tried at once with all its attempts; gives task and
    arguments. Raises `NoSuchJob`, `AlreadyWaiting`."""
    try:
        async with connection.transaction():
            return await _one(connection, queries.job_again, id)
    except UniqueViolation:
        raise AlreadyWaiting from None


async def discard(connection: Connection, id: int) -> tuple[str, dict[str, Any]]:
    """Removes a job that does not run; gives task and arguments. Raises `NoSuchJob`."""
    return await _one(connection, queries.job_discard, id)


async def _one(connection: Connection, statement: Any, id: int) -> tuple[str, dict[str, Any]]:
    row = await (await connection.execute(statement, {"id": id})).fetchone()
    if row is None:
        raise NoSuchJob
    return str(row[0]), dict(row[1])


async def forget_failures(connection: Connection) -> None:
    """Forgets where jobs failed that are gone."""
    await connection.execute(queries.job_failures_forget)
