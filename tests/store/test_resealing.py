"""Keys that are replaced while everybody goes on reading and writing, by workers that may be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from tests.postgres import Databases
from tests.vaults import NOW, fill, found, number, opened, readable, settings
from xinglin.operations import keys as work
from xinglin.platform.crypto import keys
from xinglin.platform.crypto.keys import KeyRefused
from xinglin.platform.database import Database
from xinglin.store.repository import Repository
from xinglin.store.resealing import continue_reseal, reseal_status

AT_ONCE = timedelta(0)
said: list[str] = []


async def finish(database: Database) -> int:
    return await work.finish_reseal(database, lambda: datetime.now(UTC), UTC)


@pytest.fixture
async def conninfo(empty_databases: Databases, migrated_template: str) -> str:
    return empty_databases.create(migrated_template)


@asynccontextmanager
async def busy(database: Database, size: int) -> AsyncIterator[list[str]]:
    """Readers and writers at work while the block lasts; gives the patients that a reader looked for in vain."""
    stop, rounds, missed = asyncio.Event(), count(), list[str]()

    async def read() -> None:
        while not stop.is_set():
            position = next(rounds) * 7 % size
            if await found(database, position) != [f"p{position}"]:
                missed.append(f"p{position}")

    async def write() -> None:
        while not stop.is_set():
            async with database.transaction() as connection:
                repository = Repository(connection, now=NOW)
                patient = await repository.read("Patient", f"p{next(rounds) * 11 % size}", lock=True)
                await repository.update({**patient, "active": not patient.get("active")})

    tasks = [asyncio.create_task(each()) for each in (read, read, write, write)]
    try:
        yield missed
    finally:
        await asyncio.sleep(0.2)
        stop.set()
        await asyncio.gather(*tasks)


async def key_ids(database: Database) -> list[str]:
    async with database.session() as session:
        return [key.id for key in await keys.list_keys(session)]


async def test_a_key_is_replaced_under_readers_and_writers(conninfo: str) -> None:
    chosen = settings(conninfo)
    async with opened(chosen) as database:
        await fill(database, 300)
        (first,) = await key_ids(database)
        async with busy(database, 300) as missed:
            sm = chosen.model_copy(update={"crypto_suite": "sm"})
            second = await work.rotate(sm, said.append, delay=AT_ONCE, after=AT_ONCE)
            await asyncio.sleep(0.2)
            assert await finish(database) > 400
        assert missed == []
        # The writers of this process learnt of the new key some seconds later: what they wrote meanwhile is done now.
        async with database.session() as session:
            assert session.vault is not None
            await session.vault.refresh(session)
        await work.encrypt(chosen, said.append)
        await finish(database)
        assert {place for place, _ in await readable(conninfo, [f"u0001{first}"])} == set()
        assert await readable(conninfo, [number(0), number(299)]) == set()
        assert await key_ids(database) == [first, second]
        for position in (0, 5, 299):
            assert await found(database, position) == [f"p{position}"]
        async with database.session() as session:
            history = await Repository(session, now=NOW).history("Patient", "p0")
            assert {each.resource["identifier"][0]["value"] for each in history if each.resource} == {number(0)}


async def test_a_key_that_nothing_bears_is_retired(conninfo: str) -> None:
    chosen = settings(conninfo)
    async with opened(chosen) as database:
        await fill(database, 3)
        (first,) = await key_ids(database)
    second = await work.rotate(chosen, said.append, delay=AT_ONCE, after=AT_ONCE)
    async with opened(chosen) as database:
        await finish(database)
    with pytest.raises(KeyRefused, match="in use, or was until a few minutes ago"):
        await work.retire(chosen, first, said.append)
    with pytest.raises(KeyRefused, match="in use"):
        await work.retire(chosen, second, said.append, grace=AT_ONCE)
    await work.retire(chosen, first, said.append, grace=AT_ONCE)
    with pytest.raises(KeyRefused, match="There is no key"):
        await work.retire(chosen, first, said.append, grace=AT_ONCE)
    async with opened(chosen) as database:
        assert await found(database, 2) == ["p2"]
    said.clear()
    await work.list_all(chosen, said.append)
    assert [next(word for word in ("retired", "in use", "ended") if word in line) for line in said] == [
        "retired",
        "in use",
        "ended",
    ]


async def test_a_key_that_is_still_in_use_is_not_retired(conninfo: str) -> None:
    chosen = settings(conninfo)
    async with opened(chosen) as database:
        await fill(database, 3)
        async with database.session() as session:
            (first,) = await keys.list_keys(session)
        await work.rotate(chosen, said.append, delay=AT_ONCE, after=timedelta(hours=1))
        with pytest.raises(KeyRefused, match="still encrypted"):
            await work.retire(chosen, first.id, said.append, grace=AT_ONCE)
        assert await finish(database) == 0  # its time has not come


async def test_a_key_is_not_retired_while_somebody_may_still_write_by_it(conninfo: str) -> None:
    chosen = settings(conninfo)
    async with opened(chosen) as database:
        await fill(database, 3)
        (first,) = await key_ids(database)
        async with database.session() as writer, writer.transaction():
            await writer.execute("SELECT 1")
            await work.rotate(chosen, said.append, delay=AT_ONCE, after=AT_ONCE)
            await finish(database)
            with pytest.raises(KeyRefused, match="transaction goes on"):
                await work.retire(chosen, first, said.append, grace=AT_ONCE)
        await work.encrypt(chosen, said.append)
    async with opened(chosen) as database:
        await finish(database)
    await work.retire(chosen, first, said.append, grace=AT_ONCE)


async def test_what_was_there_before_is_encrypted_and_put_into_clear_again(conninfo: str) -> None:
    plain = settings(conninfo, encrypted_identifiers="")
    async with opened(plain) as database:
        await fill(database, 30)
    assert {table for table, _ in await readable(conninfo, [number(29)])} == {
        "resource_patient",
        "resource_observation",
        "search_contained",
    }
    assert await readable(conninfo, [number(0)]) == {("resource_patient", number(0)), ("resource_history", number(0))}
    async with opened(settings(conninfo)) as database:
        assert await found(database, 3) == ["p3"]  # in clear still, and found
        await work.encrypt(settings(conninfo), said.append)
        await finish(database)
        assert await readable(conninfo, [number(0), number(29)]) == set()
        assert await found(database, 3) == ["p3"]
    async with opened(plain) as database:
        assert await found(database, 3) == ["p3"]
        await work.encrypt(plain, said.append)
        await finish(database)
        assert await found(database, 3) == ["p3"]
    assert await readable(conninfo, ["u0001"]) == set()


KILLED = """
import asyncio, os, sys
from datetime import UTC, datetime
from tests.vaults import opened, settings
from xinglin.store.resealing import continue_reseal

async def main():
    async with opened(settings(sys.argv[1])) as database:
        while True:
            async with database.transaction() as connection:
                await continue_reseal(connection, now=datetime.now(UTC), size=10)
                print("looked", flush=True)
                await asyncio.sleep(0.05)

asyncio.run(main())
"""


async def test_a_worker_that_is_killed_loses_only_the_batch_in_hand(conninfo: str) -> None:
    chosen = settings(conninfo)
    async with opened(chosen) as database:
        await fill(database, 120)
        async with database.session() as session:
            (first,) = await keys.list_keys(session)
    await work.rotate(chosen, said.append, delay=AT_ONCE, after=AT_ONCE)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, conninfo, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    assert process.stdout is not None
    for _ in range(4):  # the fourth batch is not committed when it says so
        assert await process.stdout.readline() == b"looked\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with opened(chosen) as database:
        async with database.session() as session:
            (run,) = await reseal_status(session)
            assert run.finished is None
            assert 20 <= run.looked < 120
        await finish(database)
        async with database.session() as session:
            (run,) = await reseal_status(session)
            # Nothing twice: each patient, the one that contains another, and the history.
            assert (run.done, bool(run.finished)) == (120 + 1 + 40, True)
            assert await continue_reseal(session, now=NOW) is None
        assert await readable(conninfo, [f"u0001{first.id}"]) == set()
        for position in (0, 60, 119):
            assert await found(database, position) == [f"p{position}"]
