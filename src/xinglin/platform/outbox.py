"""Events leave through a table that is written in the transaction of the change.

So an event is there if and only if the change is. It is delivered at least once, and in order per key: an event waits
until all handlers of the one before it have done their work. What a handler writes through the connection it is given
commits together with the note that it has run, so within the database it happens exactly once; only what a handler
does elsewhere can happen twice. Long work belongs into a job that the handler enqueues.

The order of a key is the order in which its events were published. Writers of one key must therefore come one after
the other, as those do who hold the lock of the resource that the key names.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from xinglin.platform.database import Database
from xinglin.store.sql import load_queries

logger = logging.getLogger(__name__)
queries = load_queries("xinglin.platform")
Connection = psycopg.AsyncConnection[Any]

MOST_ATTEMPTS = 10
LONGEST_DELAY = timedelta(minutes=10)
_FOLLOWERS = 10
_BUDGET = 0.1
"""Seconds after which a batch takes no further event: what handlers lock stays locked until the batch commits."""


@dataclass(frozen=True)
class Published:
    """An event on its way. `payload` is plain JSON; `attempts` counts the failures so far."""

    id: int
    key: str
    event: str
    payload: dict[str, Any]
    at: datetime
    attempts: int
    done: tuple[str, ...] = ()
    """Names of the handlers that have done their work already."""


Handler = Callable[[Connection, Published], Awaitable[None]]
"""Works in the connection's transaction and neither commits nor undoes it."""

Handlers = Mapping[str, Mapping[str, Handler]]
"""Event name -> handler name -> handler. The name of a handler stays the same across versions."""


@dataclass(frozen=True)
class Lag:
    """How far delivery is behind: events that wait, events that are parked, and since when the oldest waits."""

    waiting: int
    parked: int
    oldest: datetime | None


def delay(attempts: int) -> timedelta:
    """How long to wait after so many failures: 1 s, 2 s, 4 s, up to 10 minutes."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 20)), LONGEST_DELAY)


async def publish(connection: Connection, *, event: str, payload: Mapping[str, Any], key: str, at: datetime) -> int:
    """Writes an event in the caller's transaction and returns its number. Workers wake up when it commits.

    `key` is what the order holds for: the reference of the resource.
    """
    values = {"event": event, "payload": Jsonb(dict(payload)), "key": key, "at": at}
    row = await (await connection.execute(queries.publish, values)).fetchone()
    assert row is not None
    return int(row[0])


async def deliver(database: Database, handlers: Handlers, *, now: datetime, batch: int = 20) -> int:
    """Delivers the events that are due, of at most `batch` keys, in one transaction; returns how many were tried.

    Any number of workers may do so at once. A handler that fails is undone by itself and tried again later; after
    `MOST_ATTEMPTS` its event is parked with the error, and the events behind it go on.
    """
    async with database.transaction() as connection:
        heads = await (await connection.execute(queries.claim_heads, {"now": now, "limit": batch})).fetchall()
        if not heads:
            return 0
        values = {"keys": [key for _, key in heads], "limit": batch * _FOLLOWERS}
        rows = await (await connection.execute(queries.events_of_keys, values)).fetchall()
        stuck: set[str] = set()
        delivered: list[int] = []
        tried = 0
        clock = asyncio.get_running_loop().time
        end = clock() + _BUDGET
        for row in rows:
            event = _published(row)
            if event.key in stuck:
                continue
            if tried and clock() > end:
                break
            tried += 1
            done, error = await _handle(connection, event, handlers.get(event.event, {}))
            if error is None:
                delivered.append(event.id)
            elif not await _fail(connection, event, done, error, now):
                stuck.add(event.key)
        await connection.execute(queries.delivered, {"ids": delivered})
    return tried


def _published(row: Sequence[Any]) -> Published:
    number, key, event, payload, at, attempts, done = row[:7]
    return Published(number, key, event, payload, at, attempts, tuple(done))


async def _handle(
    connection: Connection, event: Published, handlers: Mapping[str, Handler]
) -> tuple[list[str], Exception | None]:
    """Runs the handlers that have not run yet; returns the names of all that have, and the first failure."""
    done = list(event.done)
    failure: Exception | None = None
    for name, handler in handlers.items():
        if name in event.done:
            continue
        try:
            async with connection.transaction():
                await handler(connection, event)
        except psycopg.OperationalError as error:
            if connection.closed:
                raise  # the database is gone, which is no fault of the handler
            failure = failure or error
        except Exception as error:
            # Whatever a handler raises: the event must be tried again, and the others must go on.
            failure = failure or error
        else:
            done.append(name)
    return done, failure


async def _fail(connection: Connection, event: Published, done: list[str], error: Exception, now: datetime) -> bool:
    """Notes a failure; returns whether the event was parked."""
    attempts = event.attempts + 1
    parked = attempts >= MOST_ATTEMPTS
    logger.warning(
        "Event %s (%s) failed for the %d. time: %s%s",
        event.id,
        event.event,
        attempts,
        type(error).__name__,
        "; parked" if parked else "",
    )
    values = {
        "id": event.id,
        "attempts": attempts,
        "done": done,
        "next_attempt": now + delay(attempts),
        "error": f"{type(error).__name__}: {error}"[:2000],
        "parked": now if parked else None,
    }
    await connection.execute(queries.failed, values)
    return parked


async def lag(connection: Connection) -> Lag:
    """How far delivery is behind."""
    row = await (await connection.execute(queries.outbox_lag)).fetchone()
    assert row is not None
    return Lag(*row)


async def parked_events(
    connection: Connection, *, limit: int = 100, id: int | None = None
) -> list[tuple[Published, datetime, str]]:
    """Parked events, each with the time and the error; with `id` that one only."""
    rows = await (await connection.execute(queries.parked, {"limit": limit, "id": id})).fetchall()
    return [(_published(row), row[7], row[8]) for row in rows]


async def unpark(connection: Connection, id: int, *, now: datetime) -> bool:
    """Lets a parked event be tried again; false where it is not parked."""
    return (await connection.execute(queries.unpark, {"id": id, "now": now})).rowcount == 1


async def discard(connection: Connection, id: int) -> bool:
    """Removes a parked event, whose handlers then never do their work; false where it is not parked."""
    return (await connection.execute(queries.discard_parked, {"id": id})).rowcount == 1


async def run(
    database: Database,
    handlers: Handlers,
    stop: asyncio.Event,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    poll: float = 5.0,
) -> None:
    """Delivers until `stop` is set: woken by NOTIFY, when a retry is due, and every `poll` seconds.

    Finishes the batch in hand before it ends. Outlives the loss of the database.
    """
    pause = 0.1
    while not stop.is_set():
        try:
            async with database.session() as listener:
                await listener.execute(queries.listen)
                while not stop.is_set():
                    while not stop.is_set() and await deliver(database, handlers, now=clock()):
                        pause = 0.1
                    await notified(listener, stop, await _until_due(listener, clock(), poll))
        except psycopg.OperationalError as error:
            logger.warning("Delivery lost the database and tries again in %.1f s: %s", pause, type(error).__name__)
            await pausing(stop, pause)
            pause = min(pause * 2, 10.0)


async def _until_due(connection: Connection, now: datetime, poll: float) -> float:
    row = await (await connection.execute(queries.next_due)).fetchone()
    due = row[0] if row else None
    return poll if due is None else min(max((due - now).total_seconds(), 0.05), poll)


async def notified(listener: Connection, stop: asyncio.Event, seconds: float) -> None:
    """Waits for a notification, for `stop`, or until the time is over."""
    end = asyncio.get_running_loop().time() + seconds
    while not stop.is_set() and (left := end - asyncio.get_running_loop().time()) > 0:
        async for _ in listener.notifies(timeout=min(left, 0.25), stop_after=1):
            return


async def pausing(stop: asyncio.Event, seconds: float) -> None:
    """Waits until the time is over, or for `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
