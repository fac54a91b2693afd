"""The sealer: binds committed rows of the audit into the chain, about once a second, without holding up who writes."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from xinglin.platform.audit.chain import (
    BEGINNING,
    GONE,
    SHA256,
    Head,
    Seal,
    row_digest,
    seal_digest,
    seal_mac,
    written_time,
)
from xinglin.platform.audit.entries import queries
from xinglin.platform.audit.keys import Key
from xinglin.platform.database import Database, DatabaseError

logger = logging.getLogger(__name__)

MOST = 10_000
"""Rows of one seal; more than that are sealed by several."""
LATE = timedelta(minutes=5)
"""A row that waits longer than this is worth a word: the sealer does not run, or does not get on."""
_LOCK = 0x53_45_41_4C
"""Key of the advisory lock: 'SEAL' in ASCII."""


@dataclass(frozen=True)
class Lag:
    """Rows that wait for a seal, the time of the oldest (None: none waits), and how many seals there are."""

    waiting: int
    oldest: datetime | None
    seals: int

    def late(self, now: datetime) -> bool:
        """Whether rows wait for longer than they should."""
        return self.oldest is not None and now - self.oldest > LATE


async def lag(connection: psycopg.AsyncConnection[Any]) -> Lag:
    """How far sealing is behind."""
    row = await (await connection.execute(queries.audit_lag)).fetchone()
    assert row is not None
    return Lag(row[0], row[2], row[1])


async def seal(
    database: Database, key: Key, *, now: datetime, most: int = MOST, algorithm: str = SHA256
) -> Seal | None:
    """Seals what waits, at most `most` rows, and gives the seal; None where nothing waits or somebody else seals."""
    async with database.transaction() as connection:
        claimed = await (await connection.execute(queries.claim_sealing, {"lock": _LOCK})).fetchone()
        if claimed is None or not claimed[0]:
            return None
        last = await (await connection.execute(queries.last_seal)).fetchone()
        number, previous = last or (0, BEGINNING)
        rows = await (await connection.execute(queries.take_unsealed, {"limit": most})).fetchall()
        if not rows:
            return None
        digests = [GONE if row[1] is None else row_digest(algorithm, row[1:]) for row in rows]
        events = tuple(row[0] for row in rows)
        made = Seal(
            number + 1,
            written_time(now),
            algorithm,
            key.name,
            len(rows) < most,
            events,
            b"".join(digests),
            bytes(previous),
            b"",
            b"",
        )
        digest = seal_digest(made)
        made = replace(made, digest=digest, mac=seal_mac(algorithm, key.secret, digest))
        await connection.execute(queries.add_seal, {**vars(made), "at": now, "events": list(events)})
    return made


async def run(
    database: Database,
    key: Key,
    stop: asyncio.Event,
    *,
    clock: Callable[[], datetime],
    head: Path | None = None,
    poll: float = 1.0,
    algorithm: str = SHA256,
) -> None:
    """Seals every `poll` seconds until `stop` is set, and then what is left. Outlives the loss of the database.

    The end of the chain is written into the file `head` after each seal, so that it is known outside of the database.
    """
    pause = poll
    while True:
        ending = stop.is_set()
        try:
            while (made := await seal(database, key, now=clock(), algorithm=algorithm)) is not None:
                _keep(head, made.head)
            pause = poll
        except (psycopg.OperationalError, DatabaseError) as error:
            logger.warning("Sealing the audit lost the database: %s", type(error).__name__)
            pause = min(pause * 2, 30.0)
        if ending:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


def _keep(path: Path | None, head: Head) -> None:
    """Notes the end of the chain, after its commit: a head that is older than the chain is no fault, a newer one is."""
    if path is None:
        return
    try:
        unfinished = path.with_name(f"{path.name}.new")
        unfinished.write_text(f"{head}\n", encoding="ascii")
        unfinished.chmod(0o600)
        unfinished.replace(path)
    except OSError as error:
        logger.warning("The head of the audit can't be written to %s: %s", path, error.strerror)
