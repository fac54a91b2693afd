"""Deliveries: what goes out to others, each to a channel, at least once and in order per key.

A delivery is written in the transaction that it follows from, and goes when the receiver has taken it. One worker at a
time sends, under an advisory lock that its death sets free; the next one goes on where it was. Channels don't wait for
each other. When a channel fails, it rests for 1 s, 2 s, 4 s, ... up to 10 minutes; after `MOST_ATTEMPTS` failures of
one delivery, which is about an hour, it is held until a person lets it go on. What waits on it stays.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from xinglin.platform import tracing
from xinglin.platform.database import Database, DatabaseError
from xinglin.platform.outbox import delay, notified, pausing
from xinglin.store.sql import load_queries

logger = logging.getLogger(__name__)
queries = load_queries("xinglin.platform")
Connection = psycopg.AsyncConnection[Any]

MOST_ATTEMPTS = 14
SHORT = timedelta(seconds=15)
_AT_ONCE = 8
_BATCH = 50
_LOCK = 0x58_4C_53_45_4E_44
# Key of the advisory lock: 'XLSEND' in ASCII.
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, DatabaseError)
# How it shows that the database is gone, which is no fault of a receiver.


@dataclass(frozen=True)
class Delivery:
    """Something on its way. `payload` is plain JSON; `attempts` counts the failures so far."""

    id: int
    channel: str
    key: str
    payload: dict[str, Any]
    at: datetime
    attempts: int


@dataclass(frozen=True)
class Waiting:
    """What waits on a channel, and why where it rests or is held."""

    channel: str
    count: int
    oldest: datetime
    next_attempt: datetime | None
    held: datetime | None
    error: str | None


class Undeliverable(Exception):
    """The receiver did not take a delivery. The text is kept for administrators: it must hold no secret."""


Send = Callable[[Delivery], Awaitable[None]]
"""Sends one delivery; returns when the receiver has taken it. Raises `Undeliverable`."""

Held = Callable[[Connection, str, str], Awaitable[None]]
"""Is told, in the transaction in which a channel is held, which one and why."""


async def add(connection: Connection, *, channel: str, key: str, payload: Mapping[str, Any], at: datetime) -> None:
    """Writes a delivery in the caller's transaction. Those of one `key` must be added one after the other."""
    values = {"channel": channel, "key": key, "payload": Jsonb(dict(payload)), "at": at}
    await connection.execute(queries.delivery_add, values)


async def resume(connection: Connection, channel: str) -> bool:
    """Lets a channel that rests or is held go on at once; false where it does neither."""
    await connection.execute(queries.deliveries_again, {"channel": channel})
    return (await connection.execute(queries.delivery_resume, {"channel": channel})).rowcount == 1


async def drop(connection: Connection, channel: str) -> bool:
    """Forgets what waits on a channel, and its failures; false where it neither rested nor was held."""
    await connection.execute(queries.deliveries_drop, {"channel": channel})
    return (await connection.execute(queries.delivery_resume, {"channel": channel})).rowcount == 1


async def anything(connection: Connection, channel: str) -> bool:
    """Whether anything waits on a channel."""
    row = await (await connection.execute(queries.deliveries_anything, {"channel": channel})).fetchone()
    return bool(row and row[0])


async def held(connection: Connection) -> list[str]:
    """The channels that wait for a person."""
    rows = await (await connection.execute(queries.deliveries_held)).fetchall()
    return [channel for (channel,) in rows]


async def waiting(connection: Connection, *, limit: int = 200) -> list[Waiting]:
    """Channels on which something waits, those first that are held."""
    rows = await (await connection.execute(queries.deliveries_waiting, {"limit": limit})).fetchall()
    return [Waiting(*row) for row in rows]


class Deliverer:
    """Sends what is due. `senders` are by the part of a channel's name before the slash; `held` likewise, where
    somebody wants to know. `prepare` is called first each time: it may add deliveries, and tells whether there may be
    more to do; `listen` lets a connection be notified when there is. Channels of the kinds in `patient` are never
    held, and rest for `SHORT` at most: their receiver is a part of the house that comes back."""

    def __init__(
        self,
        database: Database,
        senders: Mapping[str, Send],
        *,
        held: Mapping[str, Held] | None = None,
        prepare: Callable[[], Awaitable[bool]] | None = None,
        listen: Callable[[Connection], Awaitable[None]] | None = None,
        patient: Collection[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._senders = senders
        self._held = held or {}
        self._prepare = prepare
        self._listen = listen
        self._patient = frozenset(patient)
        self._clock = clock

    async def once(self) -> int:
        """Sends what is due now on all channels, and returns how many deliveries were taken."""
        while self._prepare and await self._prepare():
            pass
        return sum(await asyncio.gather(*(self._drain(channel) for channel in await self._due())))

    async def run(self, stop: asyncio.Event, *, poll: float = 5.0) -> None:
        """Sends until `stop` is set, while no other worker does. Outlives the loss of the database."""
        pause = 0.1
        while not stop.is_set():
            try:
                async with self._database.session() as session:
                    pause = 0.1
                    await self._lead(session, stop, poll)
            except _LOST as error:
                logger.warning("Sending lost the database and tries again in %.1f s: %s", pause, type(error).__name__)
                await pausing(stop, pause)
                pause = min(pause * 2, 10.0)

    async def _lead(self, session: Connection, stop: asyncio.Event, poll: float) -> None:
        await session.execute(queries.deliveries_listen)
        if self._listen:
            await self._listen(session)
        while not await _locked(session):
            if stop.is_set():
                return
            await pausing(stop, 1.0)
        busy: dict[str, asyncio.Task[int]] = {}
        try:
            while not stop.is_set():
                more = bool(self._prepare and await self._prepare())
                for channel in await self._due():
                    if channel not in busy:
                        busy[channel] = asyncio.create_task(self._drain(channel))
                for channel in [channel for channel, task in busy.items() if task.done()]:
                    busy.pop(channel).result()
                if not more:
                    await notified(session, stop, 0.1 if busy else await self._until_due(poll))
        finally:
            for task in busy.values():
                task.cancel()
            await asyncio.gather(*busy.values(), return_exceptions=True)

    async def _due(self) -> list[str]:
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(queries.deliveries_due, {"now": self._clock()})).fetchall()
        return [channel for (channel,) in rows if channel.partition("/")[0] in self._senders]

    async def _until_due(self, poll: float) -> float:
        async with self._database.transaction() as connection:
            row = await (await connection.execute(queries.deliveries_next)).fetchone()
        due = row[0] if row else None
        return poll if due is None else min(max((due - self._clock()).total_seconds(), 0.05), poll)

    async def _drain(self, channel: str) -> int:
        """Sends what waits on a channel until nothing does or something fails."""
        taken = 0
        while True:
            async with self._database.transaction() as connection:
                wanted = {"channel": channel, "limit": _BATCH}
                rows = await (await connection.execute(queries.deliveries_first, wanted)).fetchall()
            batch = [Delivery(*row) for row in rows]
            if not batch:
                return taken
            done, failures = await self._send(batch)
            taken += len(done)
            await self._settle(channel, done, failures)
            if failures:
                return taken

    async def _send(self, batch: Sequence[Delivery]) -> tuple[list[int], list[tuple[Delivery, str]]]:
        """Sends a batch, each key in its order; gives the numbers of what was taken, and what was not with why."""
        done: list[int] = []
        failures: list[tuple[Delivery, str]] = []
        keys: dict[str, list[Delivery]] = {}
        for each in batch:
            keys.setdefault(each.key, []).append(each)
        room = asyncio.Semaphore(_AT_ONCE)
        lost: list[Exception] = []

        async def in_order(several: Sequence[Delivery]) -> None:
            async with room:
                for each in several:
                    try:
                        kind = each.channel.partition("/")[0]
                        with tracing.span(f"delivery {kind}", kind="producer"):
                            await self._senders[kind](each)
                    except _LOST as error:
                        lost.append(error)
                        return
                    except Exception as error:
                        # Whatever a sender raises: this must be tried again, and other channels must go on.
                        told = str(error) if isinstance(error, Undeliverable) else type(error).__name__
                        failures.append((each, told))
                        return
                    done.append(each.id)

        await asyncio.gather(*map(in_order, keys.values()))
        if lost:
            raise lost[0]
        return done, failures

    async def _settle(self, channel: str, done: Sequence[int], failures: Sequence[tuple[Delivery, str]]) -> None:
        now = self._clock()
        async with self._database.transaction() as connection:
            await connection.execute(queries.deliveries_done, {"ids": list(done)})
            if not failures:
                await connection.execute(queries.delivery_resume, {"channel": channel})
                return
            worst, error = max(failures, key=lambda failure: failure[0].attempts)
            attempts = worst.attempts + 1
            kind = channel.partition("/")[0]
            ending = attempts >= MOST_ATTEMPTS and kind not in self._patient
            rest = min(delay(attempts), SHORT) if kind in self._patient else delay(attempts)
            logger.warning("%s failed for the %d. time: %s%s", channel, attempts, error, "; held" if ending else "")
            await connection.execute(queries.delivery_failed, {"ids": [each.id for each, _ in failures]})
            values = {"channel": channel, "next_attempt": now + rest, "error": error[:2000]}
            await connection.execute(queries.delivery_pause, {**values, "held": now if ending else None})
            if ending and (told := self._held.get(kind)):
                await told(connection, channel, error)


async def _locked(session: Connection) -> bool:
    row = await (await session.execute(queries.deliveries_lead, {"lock": _LOCK})).fetchone()
    return bool(row and row[0])
