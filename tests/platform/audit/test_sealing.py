"""The sealer beside those who write, and what its death leaves."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.platform.audit.helpers import ACTOR, KEY, NOW, check_committed, entry, write_many
from tests.postgres import Databases
from xinglin.platform.audit import Entry, Recorder, record, write
from xinglin.platform.audit.chain import AlgorithmError, Head, HeadError, ensure_there, row_digest
from xinglin.platform.audit.keys import AuditKeyError, Key, load_keys, load_or_make_keys
from xinglin.platform.audit.sealing import LATE, lag, run, seal
from xinglin.platform.database import Database


@pytest.fixture
async def database(empty_databases: Databases, migrated_template: str) -> Any:
    """A database for each test: a chain is the whole database's."""
    opened = Database(empty_databases.create(migrated_template), min_size=1, max_size=16, application="tests")
    await opened.open()
    yield opened
    await opened.close()


async def one(database: Database, query: Any) -> Any:
    async with database.transaction() as connection:
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        return row[0]


async def test_what_is_committed_is_sealed_once_in_blocks_that_are_not_too_large(database: Database) -> None:
    assert await seal(database, KEY, now=NOW) is None
    await write_many(database, range(25))
    made = [await seal(database, KEY, now=NOW, most=10) for _ in range(4)]
    assert [len(each.events) if each else None for each in made] == [10, 10, 5, None]
    assert [each.drained for each in made if each] == [False, False, True]
    report, faults = await check_committed(database, [each.head for each in made if each])
    assert (report.seals, report.events, report.waiting, faults) == (3, 25, 0, [])


async def test_a_row_that_commits_after_later_ones_is_sealed_when_it_does(database: Database) -> None:
    async with database.transaction() as connection:
        first = await write(connection, entry(1))
        await write_many(database, [2])
        made = await seal(database, KEY, now=NOW)
        assert made is not None
        assert first not in made.events
        assert made.drained
    made = await seal(database, KEY, now=NOW)
    assert made is not None
    assert made.events == (first,)
    assert (await check_committed(database))[1] == []


async def test_rows_that_wait_are_no_fault_but_told(database: Database) -> None:
    await write_many(database, range(3))
    async with database.transaction() as connection:
        behind = await lag(connection)
    assert (behind.waiting, behind.oldest, behind.seals) == (3, NOW, 0)
    assert not behind.late(NOW + LATE)
    assert behind.late(NOW + LATE + timedelta(seconds=1))
    report, faults = await check_committed(database)
    assert (report.waiting, report.oldest, faults) == (3, NOW, [])


async def test_a_row_taken_away_before_it_was_sealed_is_missed_for_ever(database: Database) -> None:
    await write_many(database, range(3))
    async with database.transaction() as connection:
        await connection.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        await connection.execute("DELETE FROM audit_event WHERE id = 2")
    assert [str(f) for f in (await check_committed(database))[1]] == ["row 2: is gone, before it was sealed: removed"]
    await seal(database, KEY, now=NOW)
    assert [str(f) for f in (await check_committed(database))[1]] == ["row 2, seal 1: was removed before it was sealed"]


async def test_a_row_that_tells_of_long_ago_is_told(database: Database) -> None:
    await write_many(database, [1])
    await seal(database, KEY, now=NOW + timedelta(hours=3))
    await write_many(database, [2, 3])
    await seal(database, KEY, now=NOW + timedelta(hours=3, minutes=1))
    report, faults = await check_committed(database)
    assert (report.late, report.first_late, faults) == (2, 2, [])


def test_sm3_is_that_of_the_standard() -> None:
    ensure_there("sm3")
    # GB/T 32905-2016, appendix A.1; and its length extends to the digest of a row.
    assert hashlib.new("sm3", b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert row_digest("sm3", [1]) == hashlib.new("sm3", b"[1]").digest()


def test_an_algorithm_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "algorithms_available", {"sha256"})
    with pytest.raises(AlgorithmError, match="sm3"):
        ensure_there("sm3")


async def test_another_algorithm_may_begin_with_any_seal(database: Database) -> None:
    for number, algorithm in enumerate(("sha256", "sm3", "sm3", "sha256")):
        await write_many(database, range(number * 3, number * 3 + 3))
        made = await seal(database, KEY, now=NOW, algorithm=algorithm)
        assert made is not None
        assert made.algorithm == algorithm
    report, faults = await check_committed(database)
    assert (report.seals, report.events, faults) == (4, 12, [])
    async with database.transaction() as connection:
        await connection.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        await connection.execute("UPDATE audit_event SET command = 'x' WHERE id = 5")
    assert [str(fault) for fault in (await check_committed(database))[1]] == ["row 5, seal 2: changed"]


async def test_seals_only_grow(database: Database) -> None:
    await write_many(database, [1])
    await seal(database, KEY, now=NOW)
    for statement in ("UPDATE audit_seal SET number = 2", "DELETE FROM audit_seal", "TRUNCATE audit_seal"):
        async with database.statement() as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grows"):
                await connection.execute(statement)  # type: ignore[call-overload]


async def test_many_writers_and_several_sealers(database: Database, tmp_path: Path) -> None:
    stop = asyncio.Event()
    head = tmp_path / "audit.head"
    sealers = [
        asyncio.create_task(run(database, KEY, stop, clock=lambda: NOW, head=head, poll=0.001)) for _ in range(3)
    ]
    recorder = Recorder(database)

    async def command(number: int) -> None:
        async with database.transaction() as connection:
            await record(connection, actor=ACTOR, action="command", command="x", entities=[], outcome="success", at=NOW)
            await asyncio.sleep(0.001 * (number % 7))
            if number % 5 == 0:
                raise ZeroDivisionError  # leaves a gap among the numbers

    async def read(number: int) -> None:
        await recorder.record(Entry(ACTOR, "read", "y", (f"Patient/{number}",), "success", NOW))

    done: list[Any] = []
    for wave in range(5):
        numbers = range(wave * 40, wave * 40 + 40)
        done += await asyncio.gather(
            *(command(number) for number in numbers), *(read(number) for number in numbers), return_exceptions=True
        )
    assert sum(isinstance(each, ZeroDivisionError) for each in done) == 40
    stop.set()
    await asyncio.gather(*sealers)
    report, faults = await check_committed(database, [Head.parse(head.read_text())])
    assert (report.events, report.waiting, faults) == (360, 0, [])
    assert report.seals >= 5
    assert head.read_text().strip() == str(report.head)


SEALER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from xinglin.platform.audit.keys import load_or_make_keys
from xinglin.platform.audit.sealing import seal
from xinglin.platform.database import Database

async def main():
    database = Database(sys.argv[1], min_size=1)
    await database.open()
    key = load_or_make_keys(Path(sys.argv[2]))[0]
    while True:
        if await seal(database, key, now=datetime.now(UTC), most=7):
            print("sealed", flush=True)

asyncio.run(main())
"""


async def test_killed_sealers_leave_a_chain_that_goes_on(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    path.write_text(f"{KEY.secret.hex()}\n")
    written = 0
    for trial in range(4):
        sealer = subprocess.Popen(
            [sys.executable, "-c", SEALER, database.conninfo, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert sealer.stdout is not None
        for _ in range(30):
            await write_many(database, range(10))
            written += 10
        assert await asyncio.to_thread(sealer.stdout.readline) == "sealed\n"
        await asyncio.sleep(0.003 * trial)
        os.kill(sealer.pid, signal.SIGKILL)
        sealer.communicate()
        assert (await check_committed(database))[1] == []
    await asyncio.sleep(0.1)  # the server notices that the last one is gone
    while await seal(database, KEY, now=NOW):
        pass
    report, faults = await check_committed(database)
    assert (report.events, report.waiting, faults) == (written, 0, [])


async def test_the_sealer_goes_on_after_the_database_was_away(database: Database) -> None:
    stop = asyncio.Event()
    sealer = asyncio.create_task(run(database, KEY, stop, clock=lambda: NOW, poll=0.01))
    await write_many(database, [1])
    ours = "datname = current_database() AND pid <> pg_backend_pid()"
    await asyncio.sleep(0.05)
    async with database.session() as connection:
        await connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
    await asyncio.sleep(0.2)
    await write_many(database, [2])
    stop.set()
    await asyncio.wait_for(sealer, 20)
    assert await one(database, "SELECT count(*) FROM audit_unsealed") == 0


def test_keys_are_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "home" / "audit.key"
    first = load_or_make_keys(path)
    assert load_or_make_keys(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert first[0].secret.hex() not in repr(first)
    path.write_text(f"{bytes(32).hex()}\n{path.read_text()}")
    assert load_keys(path) == [Key(bytes(32)), *first]


@pytest.mark.parametrize("text", ["", "abc\n", "00" * 31, "zz" * 32, "é"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "audit.key"
    path.write_text(text)
    with pytest.raises(AuditKeyError, match=r"audit\.key"):
        load_or_make_keys(path)


def test_heads_are_read_as_they_are_written() -> None:
    head = Head(7, bytes(range(32)))
    assert Head.parse(f" {head}\n") == head
    for text in ("", "7", "7:00", f"0:{'00' * 32}", f"x:{'00' * 32}"):
        with pytest.raises(HeadError, match="is no head"):
            Head.parse(text)
