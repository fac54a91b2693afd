"""Indexing anew: in batches, beside writers, and after a worker was killed."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

import psycopg
import pytest

from xinglin.fhir.outcome import BadRequest
from xinglin.platform.database import Database
from xinglin.store.reindexing import continue_reindex, reindex_status, start_reindex
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)

TABLES = {
    "resource": "type, id, (SELECT array_agg(t ORDER BY t) FROM unnest(terms) t), name",
    "search_date": "key, parameter, low, high, patient",
    "search_string": "key, parameter, value",
    "search_number": "key, parameter, low, high, unit, code",
}


async def fill(database: Database, count: int) -> None:
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        patient = await repository.create({"resourceType": "Patient", "name": [{"family": "张"}], "birthDate": "1999"})
        for number in range(count):
            await repository.create(
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {"text": f"test {number}"},
                    "subject": {"reference": f"Patient/{patient['id']}"},
                    "effectiveDateTime": "2026",
                    "valueQuantity": {"value": number, "unit": "mg"},
                }
            )


async def indexed(database: Database) -> dict[str, list[tuple[object, ...]]]:
    async with database.transaction() as connection:
        return {
            table: await (await connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3")).fetchall()
            for table, columns in TABLES.items()
        }


async def spoil(database: Database) -> None:
    """As if everything had been indexed by other parameters."""
    async with database.transaction() as connection:
        await connection.execute("UPDATE resource SET terms = '{1,2}', name = 0")
        await connection.execute("UPDATE search_date SET low = '2000-01-01', patient = 7")
        await connection.execute("DELETE FROM search_number")
        await connection.execute("INSERT INTO search_string SELECT key, 1, 'stale' FROM resource")


@pytest.fixture(autouse=True)
async def clean(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE resource, resource_history, search_date, search_string, search_number")
        await connection.execute("TRUNCATE search_text, search_reindex")


async def step(database: Database, size: int) -> int | None:
    async with database.transaction() as connection:
        return await continue_reindex(connection, now=NOW, size=size)


async def test_indexes_everything_as_a_write_does(database: Database) -> None:
    await fill(database, 11)
    before = await indexed(database)
    await spoil(database)
    assert await indexed(database) != before
    async with database.transaction() as connection:
        assert await start_reindex(connection, now=NOW) is not None
    steps = [await step(database, 5) for _ in range(4)]
    assert steps == [5, 5, 2, None]
    assert await indexed(database) == before
    async with database.transaction() as connection:
        (run,) = await reindex_status(connection)
    assert (run.type, run.done, run.finished) == (None, 12, NOW)


async def test_of_one_type(database: Database) -> None:
    await fill(database, 3)
    await spoil(database)
    async with database.transaction() as connection:
        await start_reindex(connection, now=NOW, type="Patient")
    assert [await step(database, 5), await step(database, 5)] == [1, None]
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        assert len((await repository.search("Patient", "name=zhang")).resources) == 1
        assert (await repository.search("Observation", "status=final")).resources == []


async def test_what_is_removed_meanwhile_does_not_end_a_run(database: Database) -> None:
    await fill(database, 9)
    before = await indexed(database)
    async with database.transaction() as connection:
        ids = await (
            await connection.execute("SELECT id FROM resource WHERE type = 'Observation' ORDER BY key")
        ).fetchall()
    await spoil(database)
    async with database.transaction() as connection:
        await start_reindex(connection, now=NOW)
    async with database.transaction() as connection:
        for table in ("search_date", "search_string", "search_number"):
            query = f"DELETE FROM {table} WHERE key IN (SELECT key FROM resource WHERE id = ANY(%s))"
            await connection.execute(query, ([id for (id,) in ids[:3]],))
        await connection.execute("DELETE FROM resource WHERE id = ANY(%s)", ([id for (id,) in ids[:3]],))
        batch = asyncio.create_task(step(database, 5))
        await asyncio.sleep(0.2)
        assert not batch.done()  # it waits for a resource that is about to vanish
    assert await batch == 2
    while await step(database, 5) is not None:
        pass
    left = await indexed(database)
    assert len(left["resource"]) == 7
    assert all(row in before[table] for table, rows in left.items() for row in rows)


async def test_nothing_to_do(database: Database) -> None:
    async with database.transaction() as connection:
        assert await start_reindex(connection, now=NOW) is None
        assert await continue_reindex(connection, now=NOW) is None
        with pytest.raises(BadRequest, match="Foo is not a resource type"):
            await start_reindex(connection, now=NOW, type="Foo")


async def test_two_workers_do_not_disturb_each_other(database: Database) -> None:
    await fill(database, 10)
    before = await indexed(database)
    await spoil(database)
    async with database.transaction() as connection:
        await start_reindex(connection, now=NOW)
    async with database.transaction() as first:
        assert await continue_reindex(first, now=NOW, size=5) == 5
        assert await step(database, 5) is None  # the only run is in the hands of the other
    while await step(database, 5) is not None:
        pass
    assert await indexed(database) == before


WORKER = """
import asyncio, sys, time
from datetime import UTC, datetime
import psycopg
from xinglin.store.reindexing import continue_reindex

async def main():
    async with await psycopg.AsyncConnection.connect(sys.argv[1]) as connection:
        while True:
            done = await continue_reindex(connection, now=datetime(2026, 1, 1, tzinfo=UTC), size=5)
            print(done, flush=True)
            await asyncio.sleep(0.05)  # the batch is done, but not committed
            await connection.commit()

asyncio.run(main())
"""


async def test_a_killed_worker_loses_only_its_batch(database: Database) -> None:
    await fill(database, 60)
    before = await indexed(database)
    await spoil(database)
    async with database.transaction() as connection:
        await start_reindex(connection, now=NOW)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, database.conninfo, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    for _ in range(4):
        assert await worker.stdout.readline() == b"5\n"
    os.kill(worker.pid, signal.SIGKILL)
    await worker.wait()
    async with await psycopg.AsyncConnection.connect(database.conninfo) as connection:
        for _ in range(100):  # until the server has noticed
            (run,) = await reindex_status(connection)
            await connection.rollback()
            if (left := await step(database, 5)) is not None:
                break
            await asyncio.sleep(0.05)
    assert 10 <= run.done <= 20
    assert left == 5
    while await step(database, 5) is not None:
        pass
    assert await indexed(database) == before
