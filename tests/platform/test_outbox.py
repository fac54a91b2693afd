"""Events leave with the change, arrive at least once and in order, on a real database."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from xinglin.platform import outbox
from xinglin.platform.database import Database
from xinglin.platform.outbox import Connection, Handlers, Published

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
async def seen(database: Database) -> None:
    """A table in which handlers note what they saw."""
    async with database.transaction() as connection:
        await connection.execute("CREATE TABLE seen (n serial, key text, number int, handler text)")


@pytest.fixture(autouse=True)
async def empty(database: Database, seen: None) -> None:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE outbox, seen RESTART IDENTITY")


async def publish(database: Database, *numbers: int, key: str = "Patient/1", event: str = "happened") -> None:
    async with database.transaction() as connection:
        for number in numbers:
            await outbox.publish(connection, event=event, payload={"number": number}, key=key, at=NOW)


async def note(connection: Connection, event: Published, handler: str = "note") -> None:
    await connection.execute(
        "INSERT INTO seen (key, number, handler) VALUES (%s, %s, %s)", (event.key, event.payload["number"], handler)
    )


HANDLERS: Handlers = {"happened": {"note": note}}


async def rows(database: Database, query: str = "SELECT number FROM seen ORDER BY n") -> list[Any]:
    async with database.transaction() as connection:
        return [row[0] for row in await (await connection.execute(query)).fetchall()]  # type: ignore[call-overload]


async def lag(database: Database) -> tuple[int, int]:
    async with database.transaction() as connection:
        found = await outbox.lag(connection)
        return found.waiting, found.parked


async def test_events_go_with_the_change(database: Database) -> None:
    await publish(database, 1, 2)
    with pytest.raises(RuntimeError):
        async with database.transaction() as connection:
            await outbox.publish(connection, event="happened", payload={"number": 3}, key="k", at=NOW)
            raise RuntimeError
    assert await outbox.deliver(database, HANDLERS, now=NOW) == 2
    assert await outbox.deliver(database, HANDLERS, now=NOW) == 0
    assert await rows(database) == [1, 2]
    assert await lag(database) == (0, 0)


async def test_an_event_that_nobody_handles_is_done(database: Database) -> None:
    await publish(database, 1, event="unheard")
    assert await outbox.deliver(database, HANDLERS, now=NOW) == 1
    assert await lag(database) == (0, 0)


async def test_a_failure_holds_its_key_and_no_other(database: Database) -> None:
    faults = {1}

    async def handler(connection: Connection, event: Published) -> None:
        await note(connection, event)
        if event.payload["number"] in faults:
            raise ValueError("not now")

    handlers: Handlers = {"happened": {"handler": handler}}
    await publish(database, 1, 2, 3, key="a")
    await publish(database, 11, key="b")
    await outbox.deliver(database, handlers, now=NOW)
    assert await rows(database) == [11]  # and what the failed handler wrote is undone
    assert await outbox.deliver(database, handlers, now=NOW) == 0  # not before its time
    faults.clear()
    await outbox.deliver(database, handlers, now=NOW + timedelta(seconds=1.1))
    assert await rows(database) == [11, 1, 2, 3]


async def test_handlers_of_one_event_are_independent(database: Database) -> None:
    calls: list[str] = []

    async def good(connection: Connection, event: Published) -> None:
        calls.append("good")
        await note(connection, event, "good")

    async def bad(connection: Connection, event: Published) -> None:
        calls.append("bad")
        await connection.execute("SELECT 1/0")

    handlers: dict[str, Any] = {"happened": {"bad": bad, "good": good}}
    await publish(database, 1)
    for attempt in range(3):
        await outbox.deliver(database, handlers, now=NOW + timedelta(minutes=attempt))
    assert calls == ["bad", "good", "bad", "bad"]
    assert await rows(database, "SELECT handler FROM seen") == ["good"]


async def test_poison_is_parked_with_its_error_and_can_be_tried_again(database: Database) -> None:
    async def bad(connection: Connection, event: Published) -> None:
        if event.payload["number"] == 1:
            raise ValueError("broken payload")
        await note(connection, event)

    await publish(database, 1, 2)
    at = NOW
    for _ in range(outbox.MOST_ATTEMPTS):
        assert await lag(database) == (2, 0)
        assert await outbox.deliver(database, {"happened": {"bad": bad}}, now=at) > 0
        at += outbox.LONGEST_DELAY
    assert await lag(database) == (0, 1)
    assert await rows(database) == [2]
    async with database.transaction() as connection:
        [(event, parked, error)] = await outbox.parked_events(connection)
        assert (event.payload, event.attempts, error) == (
            {"number": 1},
            outbox.MOST_ATTEMPTS,
            "ValueError: broken payload",
        )
        assert parked == at - outbox.LONGEST_DELAY
        assert await outbox.unpark(connection, event.id, now=at)
        assert not await outbox.unpark(connection, event.id, now=at)
    await outbox.deliver(database, HANDLERS, now=at)
    assert await rows(database) == [2, 1]


def test_delays() -> None:
    assert [outbox.delay(attempts).total_seconds() for attempts in (1, 2, 3, 4, 10, 11, 999)] == [
        1,
        2,
        4,
        8,
        512,
        600,
        600,
    ]


async def test_workers_at_once_keep_the_order_of_each_key(database: Database) -> None:
    keys = [f"Patient/{number}" for number in range(7)]
    for number in range(20):
        for key in random.sample(keys, len(keys)):
            await publish(database, number, key=key)

    async def worker() -> None:
        idle = 0
        while idle < 3:
            tried = await outbox.deliver(database, HANDLERS, now=NOW, batch=random.randint(1, 5))
            idle = 0 if tried else idle + 1
            await asyncio.sleep(0 if tried else 0.01)

    await asyncio.gather(*(worker() for _ in range(4)))
    for key in keys:
        assert await rows(database, f"SELECT number FROM seen WHERE key = '{key}' ORDER BY n") == list(range(20))
    assert await lag(database) == (0, 0)


async def test_run_wakes_up_at_once_retries_and_stops(database: Database) -> None:
    failures = [ValueError()]
    arrived = asyncio.Event()

    async def handler(connection: Connection, event: Published) -> None:
        if failures:
            raise failures.pop()
        arrived.set()

    stop = asyncio.Event()
    running = asyncio.create_task(outbox.run(database, {"happened": {"handler": handler}}, stop, poll=60))
    await asyncio.sleep(0.3)
    await publish(database, 1)
    await asyncio.wait_for(arrived.wait(), 5)  # far less than the poll, though it needed a second attempt
    stop.set()
    await asyncio.wait_for(running, 2)


async def test_run_outlives_the_loss_of_its_connections(database: Database) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(outbox.run(database, HANDLERS, stop, poll=0.2))
    await asyncio.sleep(0.2)
    async with database.session() as killer:
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await asyncio.sleep(0.1)
    async with database.session() as connection, connection.transaction():
        await outbox.publish(connection, event="happened", payload={"number": 1}, key="k", at=NOW)
    for _ in range(100):
        await asyncio.sleep(0.05)
        async with database.session() as connection:
            if await (await connection.execute("SELECT 1 FROM seen")).fetchone():
                break
    stop.set()
    await asyncio.wait_for(running, 5)
    async with database.session() as connection:
        assert await (await connection.execute("SELECT count(*) FROM seen")).fetchone() == (1,)


WORKER = """
import asyncio, os, sys
from xinglin.platform import outbox
from xinglin.platform.database import Database

async def handler(connection, event):
    os.write(file, f"{event.key} {event.payload['number']}\\n".encode())
    await connection.execute("INSERT INTO seen (key, number) VALUES (%s, %s)", (event.key, event.payload["number"]))
    await asyncio.sleep(0.002)

async def main():
    database = Database(sys.argv[1], min_size=1, max_size=2)
    await database.open()
    os.write(1, b"ready")
    await outbox.run(database, {"happened": {"handler": handler}}, asyncio.Event())

file = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
asyncio.run(main())
"""


async def test_killed_workers_lose_and_invent_nothing(database: Database, tmp_path: Path) -> None:
    keys, count, kills = [f"Patient/{number}" for number in range(10)], 60, 6
    for key in keys:
        await publish(database, *range(count), key=key)
    log = tmp_path / "outside"
    for _ in range(kills):
        worker = subprocess.Popen([sys.executable, "-c", WORKER, database.conninfo, log], stdout=subprocess.PIPE)
        assert worker.stdout is not None
        await asyncio.to_thread(worker.stdout.read, 5)
        await asyncio.sleep(random.uniform(0.02, 0.3))
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    assert 0 < len(await rows(database)) < len(keys) * count  # they were killed at work
    while await outbox.deliver(database, HANDLERS, now=datetime.now(UTC)):
        pass
    for key in keys:  # inside the database: once each, in order
        assert await rows(database, f"SELECT number FROM seen WHERE key = '{key}' ORDER BY n") == list(range(count))
    outside = [line.rpartition(" ") for line in log.read_text().splitlines()]
    for key in keys:  # outside: maybe more than once, but nothing is skipped
        numbers = [int(number) for name, _, number in outside if name == key]
        assert all(b <= a + 1 for a, b in zip([-1, *numbers], numbers, strict=False))


async def test_lag_tells_since_when(database: Database) -> None:
    await publish(database, 1)
    async with database.transaction() as connection:
        assert await outbox.lag(connection) == outbox.Lag(1, 0, NOW)


async def test_payload_is_kept_as_it_is(database: Database) -> None:
    seen: list[Any] = []

    async def handler(connection: Connection, event: Published) -> None:
        seen.append((event.payload, event.at, event.attempts))

    payload = {"名": '值 \\u0041 "quoted"', "list": [1, None, True, {"x": 1.5}]}
    async with database.transaction() as connection:
        await outbox.publish(connection, event="e", payload=payload, key="k", at=NOW)
    await outbox.deliver(database, {"e": {"h": handler}}, now=NOW)
    assert seen == [(payload, NOW, 0)]


async def test_a_lost_database_is_no_fault_of_the_handler(database: Database) -> None:
    async def handler(connection: Connection, event: Published) -> None:
        pid = connection.info.backend_pid
        async with database.session() as killer:
            await killer.execute("SELECT pg_terminate_backend(%s)", (pid,))
        await connection.execute("SELECT 1")

    await publish(database, 1)
    with pytest.raises(psycopg.OperationalError):
        await outbox.deliver(database, {"happened": {"h": handler}}, now=NOW)
    assert await rows(database, "SELECT attempts FROM outbox") == [0]
