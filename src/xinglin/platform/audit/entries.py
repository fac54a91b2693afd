"""The record of who did what; it only grows, which the database enforces."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from xinglin.platform.database import Database
from xinglin.platform.identity import Actor
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.platform")
Connection = psycopg.AsyncConnection[Any]
Outcome = Literal["success", "refused", "failed"]
"""As FHIR R4 AuditEvent.outcome: 0 (success), 4 (refused), 8 (failed)."""


async def record(
    connection: Connection,
    *,
    actor: Actor | None,
    action: str,
    command: str,
    entities: Sequence[str],
    outcome: Outcome,
    at: datetime,
    client: str | None = None,
    detail: str | None = None,
) -> int:
    """Writes one row, in the transaction of what it tells about, and returns its number.

    `actor`: None for somebody unknown. `action`: its kind (`command`, `event`, `sign-in`, ...). `command`: what was
    done by name. `entities`: references of the resources it was about, patients among them. `client`: the network
    address. `detail`: a short word on the outcome, without data of patients.
    """
    return await write(connection, Entry(actor, action, command, tuple(entities), outcome, at, client, detail))


async def write(connection: Connection, entry: "Entry") -> int:
    """Writes an entry as `record` does."""
    row = await (await connection.execute(queries.record_audit, entry.values())).fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True)
class Entry:
    """What `record` writes, with its fields."""

    actor: Actor | None
    action: str
    command: str
    entities: tuple[str, ...]
    outcome: Outcome
    at: datetime
    client: str | None = None
    detail: str | None = None

    def values(self) -> dict[str, Any]:
        """As parameters of the statement; texts of PostgreSQL hold no NUL, which an address may contain."""
        return {
            "at": self.at,
            "account": self.actor.account_id if self.actor else None,
            "name": self.actor.name if self.actor else "",
            "roles": list(self.actor.roles) if self.actor else [],
            "action": self.action,
            "command": self.command,
            "entities": [name.replace("\0", "\ufffd") for name in self.entities],
            "outcome": self.outcome,
            "client": self.client,
            "detail": self.detail.replace("\0", "\ufffd") if self.detail else None,
        }


PATIENTS = 1000
"""Patients of one entry at most; what shows more leaves several."""
EVERYBODY = "Patient/*"
"""Stands among the entities for every patient of the hospital."""


def disclosing(entry: Entry, patients: Iterable[str]) -> list[Entry]:
    """`entry`, or as many as it takes, with the patients whom it shows among its entities."""
    several = sorted(set(patients) - set(entry.entities))
    return [
        replace(entry, entities=(*entry.entities, *several[start : start + PATIENTS]))
        for start in range(0, max(len(several), 1), PATIENTS)
    ]


async def forget_journals(connection: Connection, before: datetime) -> None:
    """Forgets journals that have not gone on since `before`."""
    await connection.execute(queries.forget_journals, {"before": before})


class Recorder:
    """Records reads, which have no transaction of their own to be recorded in.

    Entries that come in while others are being written go together into the next transaction, so that many requests
    share one commit. `record` returns when the entry is committed: nobody sees an answer that is not on record.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Must have been called before the first entry."""

    async def close(self) -> None:
        """To be called after the last entry."""

    async def flush(self) -> None:
        """Returns when all that was recorded can be read in the database."""

    async def record(self, entry: Entry) -> None:
        """Writes an entry; raises what the database raises."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                entries = Jsonb([entry.values() for entry, _written in batch])
                async with self._database.statement() as connection:
                    await connection.execute(queries.record_audits, {"entries": entries}, prepare=True)
            except BaseException as error:
                for _entry, written in batch:
                    if not written.done():
                        written.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                for _entry, written in batch:
                    if not written.done():
                        written.set_result(None)
