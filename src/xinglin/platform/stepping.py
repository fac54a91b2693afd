"""How a migration's step is applied while servers of the former version go on serving.

Who waits for a lock on a table makes everybody wait who comes behind. So no statement here waits for longer than
`LOCK_WAIT`: then it gives way, and is tried again a little later, until `PATIENCE` is over.

A file is one transaction, unless it has lines that divide it:

    -- step: why this stands alone
    -- repeat: why this goes on in batches

What follows such a line, up to the next, is a statement that commits by itself; a repeated one is executed until it
changes no row. Such a file is noted as applied when its last statement has ended, and begun again from its start where
it did not come so far; so each of its statements must do no harm when it has been done already.
"""

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

from xinglin.store.sql import load_queries

logger = logging.getLogger(__name__)
queries = load_queries("xinglin.platform")
Connection = psycopg.AsyncConnection[Any]

LOCK_WAIT = timedelta(milliseconds=200)
"""How long a statement waits for a lock, and others behind it."""
PATIENCE = timedelta(minutes=10)
"""How long a step is tried again without getting any further."""
PAUSES = (0.2, 2.0)
"""Seconds between two attempts, at least and at most."""

_DIVIDES = re.compile(r"^-- (step|repeat): \S.*$", re.MULTILINE)
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)


class StillLocked(Exception):
    """Somebody holds a lock for longer than the step was tried."""


@dataclass(frozen=True)
class Part:
    """A statement that commits by itself; a repeated one goes on until it changes no row."""

    text: LiteralString
    repeated: bool


def parts_of(text: LiteralString) -> list[Part]:
    """The statements of a file that is divided; none for a file that is one transaction.

    Raises `ValueError` for statements in front of the first line that divides.
    """
    head, *divided = _DIVIDES.split(text)
    if not divided:
        return []
    if re.sub(r"--.*", "", head).strip():
        raise ValueError("a statement stands in front of the first '-- step:' or '-- repeat:'")
    # Parts of our own file: as good as literals in the source.
    pairs = zip(divided[::2], divided[1::2], strict=True)
    return [Part(body.strip().removesuffix(";"), kind == "repeat") for kind, body in pairs]


async def apply(connection: Connection, text: LiteralString, note: Callable[[], Awaitable[object]]) -> None:
    """Applies a step's text on a connection in autocommit, and notes it.

    Raises `StillLocked`, or what PostgreSQL says of the text.
    """
    parts = parts_of(text)
    attempt = 0
    clock = asyncio.get_running_loop().time
    since = clock()

    def further() -> None:
        nonlocal since
        since = clock()

    while True:
        attempt += 1
        try:
            if parts:
                await _one_by_one(connection, parts, further)
                await note()
            else:
                async with connection.transaction():
                    async with _not_waiting(connection):
                        if text:
                            await connection.execute(text)
                    await note()
            return
        except (LockNotAvailable, DeadlockDetected) as error:
            if clock() > since + PATIENCE.total_seconds():
                minutes = PATIENCE.total_seconds() / 60
                raise StillLocked(
                    f"a lock could not be had within {minutes:g} min; look for long transactions in pg_stat_activity"
                ) from error
            logger.info("A migration gave way to others and tries again (attempt %d)", attempt)
            await asyncio.sleep(random.uniform(*PAUSES))  # noqa: S311  (so that two do not meet again and again)


async def _one_by_one(connection: Connection, parts: list[Part], further: Callable[[], None]) -> None:
    """Executes the parts; `further` is called for each that has changed rows."""
    for part in parts:
        # What is built concurrently waits for transactions, and nobody waits for it.
        if _CONCURRENTLY.search(part.text):
            await connection.execute(part.text)
            continue
        async with _not_waiting(connection):
            while (await connection.execute(part.text)).rowcount > 0:
                further()
                if not part.repeated:
                    break


@asynccontextmanager
async def _not_waiting(connection: Connection) -> AsyncIterator[None]:
    milliseconds = str(int(LOCK_WAIT.total_seconds() * 1000))
    await connection.execute(queries.lock_wait, {"milliseconds": milliseconds})
    try:
        yield
    finally:
        # After a failure within a transaction it goes back by itself.
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            await connection.execute(queries.lock_wait, {"milliseconds": "0"})


async def alone(connection: Connection, lock: int) -> None:
    """Waits for an advisory lock by asking again and again: who waits in a statement holds a snapshot, for which an
    index that is built concurrently waits in turn."""
    while True:
        row = await (await connection.execute(queries.lock_migrations, (lock,))).fetchone()
        if row is not None and row[0]:
            return
        await asyncio.sleep(0.1)
