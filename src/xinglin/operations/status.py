"""How an installation is: what runs, how large it is, how far behind."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from psycopg.rows import dict_row

from xinglin.operations.service import address, ask
from xinglin.platform import deliveries, outbox
from xinglin.platform.audit import sealing
from xinglin.platform.migrations import MigrationError, applied_migrations, pending_migrations
from xinglin.platform.postgres import EmbeddedPostgres, PostgresError
from xinglin.platform.settings import Settings
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.operations")


@dataclass
class Status:
    """Lines for people, as (topic, what), and whether all is well."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    well: bool = True

    def add(self, topic: str, text: str, *, well: bool = True) -> None:
        """Adds a line; one that is not well makes the whole not well."""
        self.lines.append((topic, text))
        self.well &= well


async def status_of(settings: Settings, *, now: datetime | None = None) -> Status:
    """Looks at everything and starts nothing."""
    found = Status()
    found.add("home", str(settings.home))
    answer = await asyncio.to_thread(ask, settings)
    said = "answers" if answer == 200 else "does not answer" if answer is None else f"answers with {answer}"
    found.add("server", f"{said} at {address(settings)}", well=answer == 200)
    if os.name == "posix":
        _journal(found, settings)
    conninfo = settings.database_url
    if conninfo is None:
        try:
            conninfo = EmbeddedPostgres(settings.home).conninfo
        except PostgresError as error:
            found.add("database", str(error), well=False)
            return found
    try:
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True, connect_timeout=5) as connection:
            await _database(connection, found, now or datetime.now(UTC), embedded=settings.database_url is None)
    except psycopg.OperationalError as error:
        found.add("database", f"cannot be reached: {str(error).strip()}", well=False)
    return found


def _journal(found: Status, settings: Settings) -> None:
    from xinglin.platform.audit.journal import trouble

    for text in trouble(settings.audit_journal, time.time()):
        found.add("journal", text, well=False)


async def _database(
    connection: psycopg.AsyncConnection[tuple[object, ...]], found: Status, now: datetime, *, embedded: bool
) -> None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        facts = await (await cursor.execute(queries.facts)).fetchone()
    assert facts is not None
    kind = "embedded " if embedded else ""
    found.add("database", f"{kind}PostgreSQL {facts['version']}, {facts['size']}, {facts['connections']} connections")
    archiver = await (await connection.execute(queries.archiver)).fetchone()
    if archiver is not None:
        last, failures, behind = archiver
        said = f"last at {last:%Y-%m-%d %H:%M:%S} UTC" if last else "nothing yet"
        found.add(
            "archive", f"{said}; the log can't be archived, {failures} failures" if behind else said, well=not behind
        )
    applied = await applied_migrations(connection)
    try:
        pending = await pending_migrations(connection)
    except MigrationError as error:
        found.add("schema", str(error), well=False)
        return
    missing = f", {len(pending)} are missing: run `xinglin migrate`" if pending else ""
    found.add("schema", f"{len(applied)} migrations applied{missing}", well=not pending)
    if pending:
        return
    found.add("worker", f"{facts['workers']} connected", well=bool(facts["workers"]))
    lag = await outbox.lag(connection)
    age = f", the oldest for {(now - lag.oldest).total_seconds():.0f} s" if lag.oldest else ""
    parked = f"; {lag.parked} parked after too many failures" if lag.parked else ""
    found.add("events", f"{lag.waiting} wait{age}{parked}", well=not lag.parked)
    behind = await sealing.lag(connection)
    since = f", the oldest since {behind.oldest:%Y-%m-%d %H:%M:%S} UTC" if behind.oldest else ""
    found.add("audit", f"{behind.waiting} rows wait for a seal{since}", well=not behind.late(now))
    jobs = {str(state): count async for state, count in await connection.execute(queries.jobs)}
    said = ", ".join(f"{count} {state}" for state, count in sorted(jobs.items())) or "none"
    found.add("jobs", said, well="failed" not in jobs)
    held = await deliveries.held(connection)
    said = f"{', '.join(held)} held after too many failures" if held else "no channel is held"
    found.add("deliveries", said, well=not held)
