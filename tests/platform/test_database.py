"""The pool and its transactions, on a real server."""

import asyncio
import contextlib
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.postgres import Databases, administer
from xinglin.platform.database import Database, DatabaseError


@pytest.fixture(scope="module", autouse=True)
async def table(database: Database) -> None:
    """A table to write to."""
    async with database.transaction() as connection:
        await connection.execute("CREATE TABLE note (text text PRIMARY KEY)")


async def notes(database: Database) -> list[str]:
    async with database.transaction() as connection:
        return [row[0] async for row in await connection.execute("SELECT text FROM note ORDER BY text")]


async def test_commits_at_the_end_and_undoes_on_error(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO note VALUES ('kept')")
    with pytest.raises(RuntimeError):
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO note VALUES ('undone')")
            raise RuntimeError
    assert await notes(database) == ["kept"]


async def test_a_hidden_failure_is_not_committed_in_silence(database: Database) -> None:
    with pytest.raises(DatabaseError, match="cannot be committed"):
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO note VALUES ('lost')")
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                await connection.execute("INSERT INTO note VALUES ('lost')")
    assert "lost" not in await notes(database)


async def test_sessions_are_utc_limited_and_named(database: Database) -> None:
    async with database.transaction() as connection:
        row = await (
            await connection.execute(
                "SELECT current_setting('TimeZone'), current_setting('statement_timeout'),"
                " current_setting('application_name')"
            )
        ).fetchone()
    assert row == ("UTC", "1min", "tests")
    async with database.session() as connection:
        row = await (await connection.execute("SHOW statement_timeout")).fetchone()
        assert row == ("0",)


async def test_survives_the_loss_of_its_connections(database: Database) -> None:
    for _ in range(3):
        async with database.transaction() as connection:
            await connection.execute("SELECT 1")
    async with database.session() as killer:
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    await asyncio.sleep(1.1)  # longer than a connection is taken for alive unasked
    async with database.transaction() as connection:
        await connection.execute("SELECT 1")


async def test_more_work_than_connections_waits_its_turn(empty_databases: Databases) -> None:
    small = Database(empty_databases.create(), min_size=1, max_size=2)
    await small.open()
    try:

        async def work(number: int) -> int:
            async with small.transaction() as connection:
                row: Any = await (await connection.execute("SELECT %s::int, pg_sleep(0.01)", (number,))).fetchone()
                return int(row[0])

        assert await asyncio.gather(*map(work, range(20))) == list(range(20))
        assert small.statistics()["pool_size"] <= 2
    finally:
        await small.close()


async def test_unreachable_server_is_told(postgres: str) -> None:
    absent = Database(make_conninfo(postgres, host="/there-is-nothing-here"))
    with pytest.raises(DatabaseError, match="cannot be reached"):
        await absent.open()


async def test_wrong_encoding_is_told(postgres: str, empty_databases: Databases) -> None:
    administer(postgres, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'LATIN1'", "test_latin1")
    empty_databases.made.append("test_latin1")
    with pytest.raises(DatabaseError, match="must be in UTF8, but is in LATIN1"):
        await Database(make_conninfo(postgres, dbname="test_latin1")).open()


async def test_an_old_server_is_told(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xinglin.platform.database.OLDEST", 10**6)
    with pytest.raises(DatabaseError, match=r"needs PostgreSQL 15 or newer; this server is \d+\."):
        await Database(postgres).open()
