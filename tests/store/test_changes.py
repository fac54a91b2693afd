"""Versions as they were when they were written, beside others who go on writing."""

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest

from xinglin.platform.database import Database
from xinglin.store import changes
from xinglin.store.changes import Change
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Connection = psycopg.AsyncConnection[tuple[object, ...]]


async def found(connection: Connection, id: str, query: str) -> bool:
    return bool((await Repository(connection, now=NOW).search("Patient", f"_id={id}&{query}")).resources)


async def delete(database: Database, id: str) -> None:
    async with database.transaction() as connection:
        await Repository(connection, now=NOW).delete("Patient", id)


async def test_a_version_stays_while_it_is_looked_at(database: Database) -> None:
    """Somebody deletes it between the two statements by which it is looked at."""
    async with database.transaction() as connection:
        await Repository(connection, now=NOW).create({"resourceType": "Patient", "active": True}, id="a")
    async with database.transaction() as connection:
        async with changes.as_it_was(connection, Change(1, "Patient", "a", 1), UTC) as known:
            deleting = asyncio.create_task(delete(database, "a"))
            await asyncio.sleep(0.3)
            assert known
            assert await found(connection, "a", "active=true")
        # Whoever waited goes on as soon as the block is over, though the transaction is not.
        await asyncio.wait_for(deleting, 5)
        async with changes.as_it_was(connection, Change(1, "Patient", "a", 1), UTC) as known:
            assert known
            assert await found(connection, "a", "active=true")
        assert not await found(connection, "a", "active=true")


@pytest.mark.parametrize("version", [2, 3])
async def test_a_deletion_and_what_never_was_are_not_known(database: Database, version: int) -> None:
    id = f"b{version}"
    async with database.transaction() as connection:
        await Repository(connection, now=NOW).create({"resourceType": "Patient"}, id=id)
    await delete(database, id)
    async with (
        database.transaction() as connection,
        changes.as_it_was(connection, Change(1, "Patient", id, version), UTC) as known,
    ):
        assert not known
