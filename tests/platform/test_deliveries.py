"""Deliveries arrive at least once and in order per key, whoever sends them, on a real database."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from xinglin.platform import deliveries
from xinglin.platform.database import Database
from xinglin.platform.deliveries import MOST_ATTEMPTS, Connection, Deliverer, Delivery, Undeliverable

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def empty(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE delivery, delivery_pause")


async def add(database: Database, *numbers: int, channel: str = "to/1", key: str = "k") -> None:
    async with database.transaction() as connection:
        for number in numbers:
            await deliveries.add(connection, channel=channel, key=key, payload={"n": number}, at=NOW)


class There:
    """Takes deliveries; fails for those numbers in `refusing`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, int]] = []
        self.refusing: set[int] = set()
        self.tried = 0

    async def send(self, delivery: Delivery) -> None:
        self.tried += 1
        await asyncio.sleep(0)
        if delivery.payload["n"] in self.refusing:
            raise Undeliverable("not now")
        self.taken.append((delivery.channel, delivery.key, delivery.payload["n"]))

    def of(self, key: str) -> list[int]:
        return [number for _, own, number in self.taken if own == key]


async def test_each_key_comes_in_order_and_channels_do_not_wait_for_each_other(database: Database) -> None:
    there = There()
    for number in range(120):
        await add(database, number, key=f"k{number % 3}")
    await add(database, 1000, channel="to/2")
    assert await Deliverer(database, {"to": there.send}, clock=lambda: NOW).once() == 121
    for remainder in range(3):
        assert there.of(f"k{remainder}") == list(range(remainder, 120, 3))
    assert ("to/2", "k", 1000) in there.taken
    async with database.transaction() as connection:
        assert await deliveries.waiting(connection) == []


async def test_a_failure_keeps_the_order_of_its_key_and_lets_others_by(database: Database) -> None:
    there, now = There(), NOW
    there.refusing = {1}
    await add(database, 0, 1, 2)
    await add(database, 7, key="other")
    await add(database, 8, channel="to/2")
    deliverer = Deliverer(database, {"to": there.send}, clock=lambda: now)
    await deliverer.once()
    assert (there.of("k"), there.of("other")) == ([0, 8], [7]) or (there.of("k"), there.of("other")) == ([8, 0], [7])
    await deliverer.once()
    assert there.tried == 4  # the channel rests
    there.refusing, now = set(), NOW + timedelta(seconds=2)
    await deliverer.once()
    assert [n for n in there.of("k") if n != 8] == [0, 1, 2]


async def test_a_channel_is_held_and_goes_on_when_a_person_says_so(database: Database) -> None:
    there, now, told = There(), NOW, list[tuple[str, str]]()

    async def held(connection: Connection, channel: str, error: str) -> None:
        told.append((channel, error))

    there.refusing = {1}
    await add(database, 1, 2)
    deliverer = Deliverer(database, {"to": there.send}, held={"to": held}, clock=lambda: now)
    for _ in range(MOST_ATTEMPTS + 3):
        await deliverer.once()
        now += timedelta(minutes=11)
    assert there.tried == MOST_ATTEMPTS
    assert told == [("to/1", "not now")]
    async with database.transaction() as connection:
        (waiting,) = await deliveries.waiting(connection)
        assert (waiting.channel, waiting.count, waiting.error) == ("to/1", 2, "not now")
        assert waiting.held is not None
        assert await deliveries.held(connection) == ["to/1"]
        await deliveries.resume(connection, "to/1")
    there.refusing = set()
    await deliverer.once()
    assert there.of("k") == [1, 2]


async def test_what_waits_can_be_dropped(database: Database) -> None:
    there = There()
    await add(database, 1, 2)
    async with database.transaction() as connection:
        await deliveries.drop(connection, "to/1")
    assert await Deliverer(database, {"to": there.send}).once() == 0


async def test_one_of_several_workers_sends_and_another_takes_over(database: Database) -> None:
    theres = [There(), There()]
    stops = [asyncio.Event(), asyncio.Event()]
    runs = [
        asyncio.create_task(Deliverer(database, {"to": there.send}, clock=lambda: NOW).run(stop, poll=0.2))
        for there, stop in zip(theres, stops, strict=True)
    ]

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.02)

    def taken() -> set[int]:
        return {number for there in theres for _, _, number in there.taken}

    await add(database, 1, 2)
    await until(lambda: taken() == {1, 2})
    leading = 0 if theres[0].taken else 1
    assert not theres[1 - leading].taken
    runs[leading].cancel()
    await asyncio.gather(runs[leading], return_exceptions=True)
    await add(database, 3)
    await until(lambda: taken() == {1, 2, 3})
    # What was taken and not noted when the first one ended comes again.
    assert theres[1 - leading].of("k")[-1] == 3
    await lock_lost(database)
    await add(database, 4)
    await until(lambda: taken() == {1, 2, 3, 4})
    stops[1 - leading].set()
    await asyncio.wait_for(runs[1 - leading], 10)


async def lock_lost(database: Database) -> None:
    """Cuts the connection that holds the lock, as a restart of the database does."""
    query = """SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    async with database.session() as session:
        await session.execute(query)
