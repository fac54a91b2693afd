"""Entries and seals for the trials of the audit."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import IsolationLevel

from xinglin.platform.audit import Entry, write
from xinglin.platform.audit.chain import Head
from xinglin.platform.audit.keys import Key
from xinglin.platform.audit.sealing import seal
from xinglin.platform.audit.verifying import Fault, Report, verify
from xinglin.platform.database import Database
from xinglin.platform.identity import Actor

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ACTOR = Actor("a1", "陈立新", "doctor", "Practitioner/chen", ("doctor",), "zh_CN")
KEY = Key(bytes(range(32)))
Connection = psycopg.AsyncConnection[Any]


def entry(number: int, at: datetime = NOW) -> Entry:
    """An entry; each number has one of its own."""
    actor = ACTOR if number % 3 else None
    return Entry(actor, "read", f"chart.{number}", (f"Patient/{number}",), "success", at, "10.0.0.1", None)


async def write_many(database: Database, numbers: Sequence[int]) -> None:
    """Writes entries, in one transaction."""
    async with database.transaction() as connection:
        for number in numbers:
            await write(connection, entry(number))


async def make_chain(database: Database, seals: int, rows: int) -> list[Head]:
    """Writes so many seals of so many rows, and gives the heads after each."""
    heads = []
    for number in range(seals):
        await write_many(database, range(number * rows, (number + 1) * rows))
        made = await seal(database, KEY, now=NOW + timedelta(seconds=number))
        assert made is not None
        heads.append(made.head)
    return heads


async def check(connection: Connection, *, key: Key = KEY, heads: Sequence[Head] = ()) -> tuple[Report, list[Fault]]:
    """Verifies within the connection's transaction."""
    faults: list[Fault] = []
    report = await verify(connection, [key], heads=heads, tell=faults.append)
    assert report.faults == len(faults)
    return report, faults


async def check_committed(database: Database, heads: Sequence[Head] = ()) -> tuple[Report, list[Fault]]:
    """Verifies what is committed, as the command line does."""
    async with database.session() as connection:
        await connection.set_autocommit(False)
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        async with connection.transaction():
            return await check(connection, heads=heads)
