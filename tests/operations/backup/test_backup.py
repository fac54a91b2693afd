"""Backups are whole or are none, and what comes out is what went in."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.hospital import Hospital
from tests.operations.conftest import xinglin
from tests.postgres import Databases
from xinglin.operations.backup.content import connect, differences, sequences_of, tables_of, without_secret
from xinglin.operations.backup.making import DUMP, alone, complete_backups, make_backup
from xinglin.operations.backup.manifest import NAME, BackupError, read_manifest
from xinglin.operations.backup.restoring import restore_backup, verify_backup
from xinglin.platform.identity import authenticate
from xinglin.platform.settings import Settings


def silent(_text: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def source(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with a furnished hospital, an exported file, and an entry on its way into the audit."""
    home = tmp_path_factory.mktemp("source")
    for name, text in (("bulk/1/Patient.1.ndjson", "{}\n"), ("audit/a.lock", ""), ("audit/a.000000000001.ndjson", "")):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    (home / "audit.key").write_text("secret")
    return Settings(database_url=hospital.application.database.conninfo, home=home)


@pytest.fixture(scope="module")
async def made(hospital: Hospital, source: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    await hospital.patient("先来者")
    return await make_backup(source, tmp_path_factory.mktemp("backups"), silent)


@pytest.fixture
def empty(empty_databases: Databases, tmp_path: Path) -> Settings:
    """An empty installation."""
    return Settings(database_url=empty_databases.create(), home=tmp_path / "home")


def names_in(folder: Path) -> set[str]:
    """Names of what is in a folder."""
    return {path.name for path in folder.iterdir()}


def copy_of(folder: Path, tmp_path: Path) -> Path:
    """A copy of a backup, to be damaged."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


async def test_what_is_restored_is_what_was_saved(
    hospital: Hospital, source: Settings, made: Path, empty: Settings
) -> None:
    manifest = await restore_backup(empty, made, silent)
    assert manifest.tables["public.account"].rows >= 10
    assert manifest.tables["public.resource_other"].rows > 0
    assert empty.database_url is not None
    for settings in (source, empty):
        async with await connect(str(settings.database_url)) as connection:
            assert differences(manifest, await tables_of(connection), await sequences_of(connection)) == []
    assert (empty.home / "bulk/1/Patient.1.ndjson").read_text() == "{}\n"
    assert (empty.home / "audit/a.lock").exists()
    assert not any("key" in name for name in manifest.files)  # keys are kept elsewhere


async def test_the_restored_hospital_works(hospital: Hospital, made: Path, empty: Settings) -> None:
    from xinglin.server.app import create_application

    await restore_backup(empty, made, silent)
    application = create_application(empty, "tests")
    await application.database.open()
    actor = await authenticate(
        application.database, login="registrar", password="xinglin-demo", client="x", now=hospital.clock()
    )
    person = {"name": "新人", "gender": "male", "birth_date": "1990-01-01", "reason": "x"}
    outcome = await application.execute("patients.register", person, actor)
    page = await application.view("patients.find", {"text": "xr"}, actor)
    assert page.rows[0].key == f"Patient/{outcome.resource['id']}"
    async with application.database.statement() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("DELETE FROM audit_event")
    await application.database.close()


async def test_writers_go_on_and_the_backup_is_of_one_moment(
    hospital: Hospital, source: Settings, empty: Settings, tmp_path: Path
) -> None:
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            await hospital.patient(f"来者{count}")
            count += 1
        return count

    writers = [asyncio.create_task(write()) for _ in range(3)]
    made = await make_backup(source, tmp_path / "backups", silent)
    stop.set()
    assert sum(await asyncio.gather(*writers)) > 3
    await restore_backup(empty, made, silent)  # which compares all tables


async def test_only_emptiness_is_filled(made: Path, empty: Settings) -> None:
    with psycopg.connect(str(empty.database_url)) as connection:
        connection.execute("CREATE TABLE theirs (id int)")
    with pytest.raises(BackupError, match=r"not empty: it has public\.theirs"):
        await restore_backup(empty, made, silent)
    with psycopg.connect(str(empty.database_url)) as connection:
        connection.execute("DROP TABLE theirs")
    (empty.home / "bulk" / "2").mkdir(parents=True)
    with pytest.raises(BackupError, match="bulk is not empty"):
        await restore_backup(empty, made, silent)
    async with await connect(str(empty.database_url)) as connection:
        assert await tables_of(connection) == {}


def shorten(folder: Path) -> None:
    with (folder / DUMP).open("r+b") as file:
        file.truncate(1000)


def flip(folder: Path) -> None:
    with (folder / DUMP).open("r+b") as file:
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))


def forget(folder: Path) -> None:
    (folder / NAME).unlink()


def add(folder: Path) -> None:
    (folder / "home" / "bulk" / "more").write_text("x")


def remove(folder: Path) -> None:
    (folder / "home" / "bulk" / "1" / "Patient.1.ndjson").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [(shorten, "damaged"), (flip, "damaged"), (forget, "no complete backup"), (add, "does not belong"),
     (remove, "is missing")],
)  # fmt: skip
async def test_what_is_not_whole_is_not_restored(
    made: Path, empty: Settings, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    copy = copy_of(made, tmp_path)
    damage(copy)
    with pytest.raises(BackupError, match=said):
        await restore_backup(empty, copy, silent)
    with pytest.raises(BackupError, match=said):
        await verify_backup(copy, silent, trial=False)
    async with await connect(str(empty.database_url)) as connection:
        assert await tables_of(connection) == {}
    assert not empty.home.exists()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE account SET name = name || 'x' WHERE login = 'doctor'", "table public.account has other content"),
        ("DELETE FROM account WHERE login = 'auditor'", "rows, not"),
        ("CREATE TABLE more (id int)", "table public.more does not belong here"),
        ("DROP TABLE idempotency_key", "table public.idempotency_key is missing"),
        ("ALTER SEQUENCE audit_event_id_seq RESTART", "sequence public.audit_event_id_seq is behind"),
    ],
)
async def test_each_difference_is_found(made: Path, empty: Settings, statement: Any, said: str) -> None:
    manifest = await restore_backup(empty, made, silent)
    async with await connect(str(empty.database_url)) as connection:
        await connection.execute(statement)
        found = differences(manifest, await tables_of(connection), await sequences_of(connection))
    assert len(found) == 1
    assert said in found[0]


async def test_the_order_of_rows_is_no_difference(made: Path, empty: Settings) -> None:
    manifest = await restore_backup(empty, made, silent)
    async with await connect(str(empty.database_url)) as connection:
        await connection.execute("UPDATE account SET active = active WHERE login < 'm'")  # moves them in the table
        await connection.commit()
        assert differences(manifest, await tables_of(connection), await sequences_of(connection)) == []


async def test_so_many_are_kept_and_what_was_interrupted_goes(source: Settings, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        folder = tmp_path / f"xinglin-dump-2026010{day}T000000Z"
        folder.mkdir()
        (folder / NAME).write_text("{}")
    (tmp_path / "xinglin-dump-20260104T000000Z").mkdir()  # not ours: nothing says what it is
    (tmp_path / "xinglin-dump-20260105T000000Z.unfinished").mkdir()
    (tmp_path / "letters").mkdir()
    made = await make_backup(source, tmp_path, silent, keep=2)
    assert names_in(tmp_path) == {
        ".lock", "letters", made.name, "xinglin-dump-20260103T000000Z", "xinglin-dump-20260104T000000Z",
    }  # fmt: skip


async def test_two_at_once_are_refused(source: Settings, tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(BackupError, match="under way"):
        await make_backup(source, tmp_path, silent)


async def test_a_failure_leaves_no_backup(source: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xinglin.operations.backup import making

    async def broken(*_arguments: object, **_options: object) -> str:
        raise BackupError("pg_dump failed: no space left")

    monkeypatch.setattr(making, "run", broken)
    with pytest.raises(BackupError, match="no space"):
        await make_backup(source, tmp_path, silent)
    assert names_in(tmp_path) == {".lock"}


def test_a_killed_backup_never_looks_complete(source: Settings, environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xinglin", "backup", str(tmp_path)]
    there = {**environment, "XINGLIN_DATABASE_URL": str(source.database_url), "XINGLIN_HOME": str(source.home)}
    process = subprocess.Popen(command, env=there, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("*.unfinished")):
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert complete_backups(tmp_path, "dump") == []
    done = xinglin(there, "backup", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (made,) = complete_backups(tmp_path, "dump")
    assert done.stdout.strip() == str(made)
    assert not list(tmp_path.glob("*.unfinished"))
    assert "is whole" in xinglin(environment, "verify-backup", str(made)).stdout


def test_passwords_are_in_no_argument() -> None:
    plain, secrets = without_secret("postgresql://u:pa%20ss@h:1/d?sslmode=require")
    assert "pa" not in plain.replace("passfile", "")
    assert "sslmode=require" in plain
    assert secrets == {"PGPASSWORD": "pa ss"}
    assert without_secret("passfile=/x host=/tmp") == ("passfile=/x host=/tmp", {})


def test_the_embedded_database_and_a_trial(environment: dict[str, str], home: Path, tmp_path: Path) -> None:
    assert xinglin(environment, "migrate").returncode == 0
    (home / "bulk").mkdir()
    (home / "bulk" / "x.ndjson").write_text("{}")
    saved = xinglin(environment, "backup", str(home / "backups"))
    assert saved.returncode == 0, saved.stderr
    folder = Path(saved.stdout.strip())
    assert read_manifest(folder).kind == "dump"
    checked = xinglin(environment, "verify-backup", str(folder), "--trial")
    assert checked.returncode == 0, checked.stderr
    assert "came out as they went in" in checked.stderr
    other = {**environment, "XINGLIN_HOME": str(home / "other")}
    restored = xinglin(other, "restore", str(folder))
    assert restored.returncode == 0, restored.stderr
    assert "all equal" in restored.stdout
    assert (home / "other" / "bulk" / "x.ndjson").read_text() == "{}"
    again = xinglin(other, "restore", str(folder))
    assert (again.returncode, "not empty" in again.stderr) == (1, True)
    assert xinglin(other, "migrate", "--check").returncode == 0
