"""A new search parameter beside writers in other processes, while the worker that indexes is killed."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from datetime import UTC, datetime

from xinglin.operations.reindexing import finish_reindex
from xinglin.platform.database import Database
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PARAMETER = {
    "resourceType": "SearchParameter",
    "url": "http://hospital.example/SearchParameter/nation",
    "name": "nation",
    "status": "active",
    "description": "nation",
    "code": "nation",
    "base": ["Patient"],
    "type": "token",
    "expression": "Patient.extension('http://hospital.example/nation').value",
}

COMMON = """
import asyncio, sys
from datetime import UTC, datetime
import psycopg
from xinglin.store.reindexing import continue_reindex
from xinglin.store.repository import Repository

NOW = datetime(2026, 1, 1, tzinfo=UTC)

def patient(id, nation):
    extension = {"url": "http://hospital.example/nation", "valueCode": nation}
    return {"resourceType": "Patient", "id": id, "extension": [extension]}
"""

# Creates, updates, and writes bundles, of which some stay open for a while, until it is told to end.
WRITER = (
    COMMON
    + """
async def write(connection, name, number):
    repository = Repository(connection, now=NOW)
    held = patient(f"{name}-{number}", "han")
    if number % 3 == 0:
        await repository.create(held, id=held["id"])
    elif number % 3 == 1:
        entry = {"resource": held, "request": {"method": "PUT", "url": "Patient/" + held["id"]}}
        await repository.transaction({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    else:
        await repository.update(patient(f"old-{name}-{number % 40}", "han"))
    if number % 5 == 0:
        await asyncio.sleep(0.02)
    await connection.commit()

async def main():
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    number = 0
    async with await psycopg.AsyncConnection.connect(sys.argv[1]) as connection:
        while not ended.done():
            await write(connection, sys.argv[2], number)
            if number == 0:
                print("writing", flush=True)
            number += 1
    print(number, flush=True)

asyncio.run(main())
"""
)

WORKER = (
    COMMON
    + """
async def main():
    async with await psycopg.AsyncConnection.connect(sys.argv[1]) as connection:
        while True:
            done = await continue_reindex(connection, now=NOW, size=10)
            await asyncio.sleep(0.02)  # the batch is done, but not committed
            await connection.commit()
            print(done, flush=True)

asyncio.run(main())
"""
)


async def started(program: str, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, *arguments, stdin=PIPE, stdout=PIPE)


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()


async def killed_in_the_middle(database: Database) -> int:
    """Lets a worker index some batches, kills it in the next one, and gives how many resources are done."""
    worker = await started(WORKER, database.conninfo)
    done = 0
    while done < 60:
        done += max(0, int(await line(worker)))
    os.kill(worker.pid, signal.SIGKILL)
    await worker.wait()
    return done


async def settled(database: Database) -> tuple[int, int, int]:
    """How many patients have the extension, how many a search finds by it, and how many it finds to have none."""
    async with database.transaction() as connection:
        query = "SELECT count(*) FROM resource WHERE type = 'Patient' AND content->>'extension' IS NOT NULL"
        ((written,),) = await (await connection.execute(query)).fetchall()
        repository = Repository(connection, now=NOW)
        found = (await repository.search("Patient", "nation=han&_count=0")).total
        missing = (await repository.search("Patient", "nation:missing=true&_count=0")).total
        every = (await repository.search("Patient", "_count=0")).total
    assert found is not None and missing is not None and every is not None  # noqa: PT018
    return written, found, every - missing


async def ended(writer: Process) -> int:
    """Tells a writer to end, and gives how often it wrote."""
    assert writer.stdin is not None
    writer.stdin.write(b"\n")
    number = int(await line(writer))
    assert await writer.wait() == 0
    return number


async def test_no_write_is_left_without_the_new_terms(database: Database) -> None:
    async with database.transaction() as connection:
        repository = Repository(connection, now=NOW)
        for name in ("one", "two"):
            for number in range(200):
                await repository.create({"resourceType": "Patient"}, id=f"old-{name}-{number}")
    writers = [await started(WRITER, database.conninfo, name) for name in ("one", "two")]
    for writer in writers:
        assert await line(writer) == "writing"
    async with database.transaction() as connection:
        await Repository(connection, now=NOW).create(PARAMETER)
    done = await killed_in_the_middle(database) + await killed_in_the_middle(database)
    for _ in range(100):  # until the server has noticed
        if left := await finish_reindex(database, lambda: NOW, UTC):
            break
        await asyncio.sleep(0.05)
    assert min([await ended(writer) for writer in writers]) > 20
    assert left > 0
    assert done + left >= 400  # what a killed worker had in hand is done again
    written, found, with_it = await settled(database)
    assert written == found == with_it
