"""The record of who did what."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from xinglin.platform import audit
from xinglin.platform.audit import Entry, Recorder
from xinglin.platform.database import Database
from xinglin.platform.identity import Actor

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ACTOR = Actor("a1", "陈立新", "doctor", "Practitioner/chen", ("doctor",), "zh_CN")
Connection = psycopg.AsyncConnection[Any]


async def write(connection: Connection, **changes: Any) -> int:
    values: dict[str, Any] = {
        "actor": ACTOR,
        "action": "command",
        "command": "pharmacy.dispense",
        "entities": ["Patient/1", "MedicationDispense/2"],
        "outcome": "success",
        "at": NOW,
        "client": "10.0.0.1",
    }
    return await audit.record(connection, **(values | changes))


async def test_rows_say_who_what_when_and_to_what(connection: Connection) -> None:
    first = await write(connection)
    second = await write(
        connection,
        actor=None,
        action="sign-in",
        command="sign-in",
        entities=[],
        outcome="refused",
        client=None,
        detail="wrong",
    )
    cursor = await connection.execute(
        "SELECT id, at, account, name, roles, action, command, entities, outcome, client, detail"
        " FROM audit_event ORDER BY id"
    )
    assert await cursor.fetchall() == [
        (first, NOW, "a1", "陈立新", ["doctor"], "command", "pharmacy.dispense", ["Patient/1", "MedicationDispense/2"],
         "success", "10.0.0.1", None),
        (second, NOW, None, "", [], "sign-in", "sign-in", [], "refused", None, "wrong"),
    ]  # fmt: skip


async def test_who_saw_this_patient_is_found_by_an_index(connection: Connection) -> None:
    await connection.execute("SET LOCAL enable_seqscan = off")
    cursor = await connection.execute("EXPLAIN SELECT * FROM audit_event WHERE entities @> ARRAY['Patient/1']")
    assert "audit_event_entities" in str(await cursor.fetchall())


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET name = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event",
     "UPDATE audit_event SET name = 'x' WHERE false"],
)  # fmt: skip
async def test_nothing_is_taken_back(connection: Connection, statement: Any) -> None:
    await write(connection)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grows"):
        await connection.execute(statement)


@pytest.mark.parametrize("change", [{"outcome": "perhaps"}, {"action": ""}, {"command": ""}])
async def test_nonsense_is_refused(connection: Connection, change: dict[str, Any]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        await write(connection, **change)


async def test_many_reads_at_once_are_all_recorded_and_share_their_commits(database: Database) -> None:
    recorder = Recorder(database)

    async def commits(connection: psycopg.AsyncConnection[Any]) -> int:
        query = "SELECT count(DISTINCT xmin::text), count(*) FROM audit_event WHERE command = 'fhir.burst'"
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        assert row[1] == 200
        return int(row[0])

    entries = [Entry(None, "read", "fhir.burst", (f"Patient/{n}",), "success", NOW) for n in range(200)]
    await asyncio.gather(*(recorder.record(entry) for entry in entries))
    async with database.transaction() as connection:
        assert await commits(connection) < 20


async def test_an_entry_that_cannot_be_written_is_told_to_whoever_waits_and_the_next_goes_on(
    database: Database,
) -> None:
    recorder = Recorder(database)
    bad = Entry(None, "read", "", (), "success", NOW)  # a command needs a name
    with pytest.raises(psycopg.errors.CheckViolation):
        await recorder.record(bad)
    await recorder.record(Entry(None, "read", "fhir.after", (), "success", NOW))
    async with database.transaction() as connection:
        found = await connection.execute("SELECT count(*) FROM audit_event WHERE command = 'fhir.after'")
        assert await found.fetchone() == (1,)
