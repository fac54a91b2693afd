"""Steps of migrations beside others who use the tables: they give way, go on where they were, and are done once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest

from tests.postgres import Databases
from xinglin.platform import stepping
from xinglin.platform.stepping import StillLocked, apply, parts_of

TABLE = "CREATE TABLE thing (key bigint PRIMARY KEY, word text)"
FILLED = "INSERT INTO thing SELECT n, 'w' || n FROM generate_series(1, 2500) AS n"
COLUMN = "ALTER TABLE thing ADD COLUMN size integer"
ONLINE = """-- A column, its values, and an index.
-- step: at once
ALTER TABLE thing ADD COLUMN IF NOT EXISTS size integer;
-- repeat: a thousand rows at a time
UPDATE thing SET size = length(word) WHERE key IN (SELECT key FROM thing WHERE size IS NULL LIMIT 1000);
-- step: what a broken attempt left
DROP INDEX CONCURRENTLY IF EXISTS thing_size;
-- step: while others write
CREATE INDEX CONCURRENTLY thing_size ON thing (size);
"""
Connection = psycopg.AsyncConnection[tuple[object, ...]]


@pytest.fixture
async def conninfo(empty_databases: Databases) -> str:
    conninfo = empty_databases.create()
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(TABLE)
        await connection.execute(FILLED)
    return conninfo


@pytest.fixture
async def connection(conninfo: str) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "PAUSES", (0.01, 0.05))


class Noted:
    """Counts how often a step was noted."""

    count = 0

    async def __call__(self) -> None:
        self.count += 1


async def value(connection: Connection, query: str) -> object:
    row = await (await connection.execute(query)).fetchone()  # type: ignore[call-overload]
    return row[0] if row else None


async def test_a_divided_file_is_done_statement_by_statement_and_again_without_harm(connection: Connection) -> None:
    noted = Noted()
    for _time in range(2):
        await apply(connection, ONLINE, noted)
    assert noted.count == 2
    assert await value(connection, "SELECT count(*) FROM thing WHERE size = length(word)") == 2500
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'thing_size'::regclass"
    assert await value(connection, valid) is True
    assert await value(connection, "SHOW lock_timeout") == "0"
    assert len(parts_of(ONLINE)) == 4
    with pytest.raises(ValueError, match="in front of"):
        await apply(connection, "SELECT 1;\n-- step: alone\nSELECT 2", noted)


async def test_one_that_was_broken_off_is_taken_up_again(connection: Connection) -> None:
    noted = Noted()
    with pytest.raises(psycopg.errors.UndefinedTable):
        await apply(connection, f"{ONLINE}-- step: a slip\nDROP TABLE nothing", noted)
    assert noted.count == 0
    await apply(connection, ONLINE, noted)
    assert noted.count == 1


@pytest.mark.usefixtures("quick")
async def test_a_step_gives_way_and_nobody_waits_behind_it(connection: Connection, conninfo: str) -> None:
    waited: list[float] = []
    clock = asyncio.get_running_loop().time
    async with (
        await psycopg.AsyncConnection.connect(conninfo) as long,
        await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as reader,
    ):
        await long.execute("SELECT count(*) FROM thing")  # and holds its lock to the end of the transaction
        step = asyncio.create_task(apply(connection, COLUMN, Noted()))
        end = clock() + 2
        while clock() < end:
            begun = clock()
            await reader.execute("SELECT count(*) FROM thing")
            waited.append(clock() - begun)
            await asyncio.sleep(0.01)
        assert not step.done()
        await long.commit()
        await asyncio.wait_for(step, 10)
    assert max(waited) < 1.5, "as long as the other transaction, had the step not given way"
    assert await value(connection, "SELECT count(size) FROM thing") == 0
    assert await value(connection, "SHOW lock_timeout") == "0"


@pytest.mark.usefixtures("quick")
async def test_it_does_not_try_for_ever(connection: Connection, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "PATIENCE", timedelta(seconds=0.5))
    noted = Noted()
    async with await psycopg.AsyncConnection.connect(conninfo) as long:
        await long.execute("SELECT count(*) FROM thing")
        with pytest.raises(StillLocked, match="pg_stat_activity"):
            await apply(connection, COLUMN, noted)
    assert noted.count == 0


@pytest.mark.usefixtures("quick")
async def test_it_tries_for_as_long_as_it_gets_on(
    connection: Connection, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filling takes longer than the patience; the lock that is missing afterwards is waited for all the same."""
    monkeypatch.setattr(stepping, "PATIENCE", timedelta(seconds=1.0))
    slowly = ONLINE.replace("FROM thing WHERE size IS NULL", "FROM thing, pg_sleep(0.4) WHERE size IS NULL")
    noted = Noted()
    async with await psycopg.AsyncConnection.connect(conninfo) as long:
        last = "-- step: alone\nALTER TABLE thing ALTER COLUMN word SET DEFAULT 'x';\n"
        step = asyncio.create_task(apply(connection, slowly.partition("-- step: what")[0] + last, noted))
        await asyncio.sleep(0.2)
        await long.execute("SELECT count(*) FROM thing")
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as looking:
            while await value(looking, "SELECT count(*) FROM thing WHERE size IS NULL"):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.8)  # a batch that finds nothing, and the first attempt at the last statement
        await long.commit()
        await asyncio.wait_for(step, 10)
    assert noted.count == 1


async def test_who_waits_for_his_turn_is_not_waited_for(connection: Connection, conninfo: str) -> None:
    """An index that is built concurrently waits for every snapshot; whoever waits for the migrator must hold none."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as second:
        await stepping.alone(connection, 7)
        waiting = asyncio.create_task(stepping.alone(second, 7))
        await asyncio.sleep(0.3)
        await asyncio.wait_for(apply(connection, ONLINE, Noted()), 20)
        assert not waiting.done()
        await connection.execute("SELECT pg_advisory_unlock(7)")
        await asyncio.wait_for(waiting, 10)
