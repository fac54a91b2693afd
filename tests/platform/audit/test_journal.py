"""The journal of reads: what was answered is on record, whoever dies."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.platform.audit.helpers import NOW, entry
from tests.postgres import Databases
from xinglin.platform.audit import Entry, forget_journals, journal
from xinglin.platform.audit.journal import UNREADABLE, Journal, trouble
from xinglin.platform.database import Database

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def database(empty_databases: Databases, migrated_template: str) -> AsyncIterator[Database]:
    opened = Database(empty_databases.create(migrated_template), min_size=1, application="tests")
    await opened.open()
    yield opened
    await opened.close()


async def commands(database: Database) -> list[str]:
    """What is on record, in order."""
    async with database.transaction() as connection:
        rows = await connection.execute("SELECT command FROM audit_event ORDER BY id")
        return [row[0] async for row in rows]


def left(folder: Path, pattern: str = "*") -> list[Path]:
    """Files of a folder."""
    return list(folder.glob(pattern))


def names(numbers: range) -> list[str]:
    return [f"chart.{number}" for number in numbers]


async def test_entries_go_in_by_themselves_in_order_and_nothing_is_left(database: Database, tmp_path: Path) -> None:
    held = Journal(database, tmp_path / "audit", every=0.01)
    await held.open()
    for number in range(50):
        await held.record(entry(number))
        if number % 10 == 0:
            await asyncio.sleep(0.02)
    assert len(await commands(database)) >= 40
    await held.close()
    assert await commands(database) == names(range(50))
    assert left(tmp_path / "audit") == []
    async with database.transaction() as connection:
        row = await (await connection.execute("SELECT count(*) FROM audit_unsealed")).fetchone()
        assert row == (50,)


async def test_what_an_entry_says_arrives_as_it_was(database: Database, tmp_path: Path) -> None:
    held = Journal(database, tmp_path)
    await held.open()
    await held.record(entry(1))
    await held.record(Entry(None, "read", "x", ("a\0b",), "refused", NOW, None, "陈\0"))
    await held.flush()
    async with database.transaction() as connection:
        rows = await connection.execute(
            "SELECT at, account, name, roles, action, command, entities, outcome, client, detail FROM audit_event"
            " ORDER BY id"
        )
        assert await rows.fetchall() == [
            (NOW, "a1", "陈立新", ["doctor"], "read", "chart.1", ["Patient/1"], "success", "10.0.0.1", None),
            (NOW, None, "", [], "read", "x", ["a\ufffdb"], "refused", None, "陈\ufffd"),
        ]
    await held.close()


async def test_a_segment_that_was_committed_and_not_deleted_goes_in_once(database: Database, tmp_path: Path) -> None:
    held = Journal(database, tmp_path / "audit", every=60)
    await held.open()
    for number in range(3):
        await held.record(entry(number))
    shutil.copytree(tmp_path / "audit", tmp_path / "copy")
    await held.flush()
    shutil.copytree(tmp_path / "copy", tmp_path / "audit", dirs_exist_ok=True)
    await held.record(entry(3))
    await held.flush()
    await held.close()
    assert await commands(database) == names(range(4))


async def test_a_line_without_its_end_was_answered_to_nobody(database: Database, tmp_path: Path) -> None:
    held = Journal(database, tmp_path, every=60)
    await held.open()
    await held.record(entry(0))
    (segment,) = left(tmp_path, "*.ndjson")
    with segment.open("ab") as file:
        file.write(b'{"at": "2026-')
    await held.close()
    assert await commands(database) == names(range(1))


async def test_a_line_that_the_database_refuses_does_not_hold_up_the_others(database: Database, tmp_path: Path) -> None:
    held = Journal(database, tmp_path)
    await held.open()
    await held.record(entry(0))
    await held.record(Entry(None, "read", "", (), "success", NOW))  # a command needs a name
    await held.record(entry(2))
    await held.close()
    assert await commands(database) == ["chart.0", "chart.2"]
    assert (tmp_path / UNREADABLE).read_bytes().count(b"\n") == 1
    assert trouble(tmp_path, 0.0) == [f"the database refused 1 entries; they are in {tmp_path / UNREADABLE}"]


async def test_while_the_database_is_away_entries_wait_on_disk(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LARGEST", 1000)
    away = Database("host=/nowhere dbname=none connect_timeout=1", min_size=0, max_size=1)
    away._pool.timeout = 0.2
    held = Journal(away, tmp_path, every=0.01)
    await held.open()
    for number in range(20):
        await held.record(entry(number))
        await asyncio.sleep(0.001)
    await asyncio.wait_for(held.close(), 10)
    waiting = len(left(tmp_path, "*.ndjson"))
    assert waiting > 3
    assert trouble(tmp_path, time.time()) == []
    assert trouble(tmp_path, time.time() + 61) == [f"{waiting} segments of the audit's journal wait in {tmp_path}"]
    second = Journal(database, tmp_path)
    await second.open()
    await second.close()
    assert await commands(database) == names(range(20))
    assert left(tmp_path) == []


async def test_a_disk_that_takes_nothing_is_told(database: Database, tmp_path: Path, monkeypatch: Any) -> None:
    held = Journal(database, tmp_path, every=60)
    await held.open()
    await held.record(entry(0))
    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "write", lambda _file, line: len(line) // 2)
        with pytest.raises(OSError, match="can't be written"):
            await held.record(entry(1))
    await held.record(entry(2))
    await held.close()
    assert await commands(database) == ["chart.0", "chart.2"]


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.platform.audit.helpers import entry
from xinglin.platform.audit.journal import Journal
from xinglin.platform.database import Database

async def main():
    database = Database(sys.argv[1], min_size=1)
    await database.open()
    journal = Journal(database, Path(sys.argv[2]), every=0.02)
    await journal.open()
    number = 0
    while True:
        await journal.record(entry(number))
        print(number, flush=True)
        number += 1
        await asyncio.sleep(0.0005)

asyncio.run(main())
"""


async def test_what_a_killed_process_answered_is_on_record_exactly_once(database: Database, tmp_path: Path) -> None:
    for trial in range(3):
        folder = tmp_path / str(trial)
        command = [sys.executable, "-c", WRITER, database.conninfo, str(folder)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        survivor = Journal(database, folder)
        assert writer.stdout is not None
        for _ in range(150):
            await asyncio.to_thread(writer.stdout.readline)
        await survivor.open()  # a living one is left alone
        os.kill(writer.pid, signal.SIGKILL)
        rest, _errors = writer.communicate()
        answered = int(rest.split()[-1]) if rest.split() else 149
        await survivor.adopt()
        await survivor.close()
        found = await commands(database)
        assert found[: answered + 1] == names(range(answered + 1))
        assert len(found) in (answered + 1, answered + 2)  # the last may have been written and not yet answered
        assert left(folder) == []
        async with database.transaction() as connection:
            await connection.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
            await connection.execute("TRUNCATE audit_event")


async def test_old_journals_are_forgotten(database: Database, tmp_path: Path) -> None:
    held = Journal(database, tmp_path)
    await held.open()
    await held.record(entry(0))
    await held.close()
    async with database.transaction() as connection:
        row: Any = await (await connection.execute("SELECT at FROM audit_journal")).fetchone()
        await forget_journals(connection, row[0])
        assert await (await connection.execute("SELECT count(*) FROM audit_journal")).fetchone() == (1,)
        await forget_journals(connection, row[0].replace(year=row[0].year + 1))
        assert await (await connection.execute("SELECT count(*) FROM audit_journal")).fetchone() == (0,)
