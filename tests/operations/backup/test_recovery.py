"""Back to a moment: the embedded cluster archives its log, dies, and comes back as it was at some time."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.operations.conftest import xinglin
from xinglin.operations.backup.base import make_base, read_moment, restore_base
from xinglin.operations.backup.making import complete_backups
from xinglin.operations.backup.manifest import BackupError
from xinglin.operations.status import status_of
from xinglin.platform.postgres import EmbeddedPostgres, PostgresError
from xinglin.platform.postgres.recovering import plain
from xinglin.platform.settings import Settings


def silent(_text: str) -> None:
    """Nobody listens."""


def write(conninfo: str, text: str) -> datetime:
    """Writes a note; gives the moment of the database after its commit."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", (text,))
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment


def notes(conninfo: str) -> list[str]:
    with psycopg.connect(conninfo) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM note ORDER BY text")]


def archived(conninfo: str) -> None:
    """Waits until all that was written is in the archive."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        # Our role is no superuser and can't switch the log; enough of it does.
        connection.execute("CREATE TABLE filler AS SELECT repeat(md5(g::text), 30) FROM generate_series(1, 40000) g")
        connection.execute("DROP TABLE filler")
        row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
        assert row is not None
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = connection.execute("SELECT last_archived_wal, failed_count FROM pg_stat_archiver").fetchone()
            assert found is not None
            assert found[1] == 0
            if found[0] is not None and int(found[0], 16) >= int(row[0], 16) - 1:
                return
            time.sleep(0.05)
    raise AssertionError("nothing was archived")


async def test_what_was_before_a_moment_is_there_and_what_came_after_is_not(home: Path) -> None:
    archive = home / "archive"
    first = home / "first"
    settings = Settings(home=first, wal_archive=archive)
    server = EmbeddedPostgres(first, archive=archive)
    conninfo = server.start()
    write(conninfo, "1 in the base backup")
    made = await make_base(settings, home / "backups", silent)
    moment = write(conninfo, "2 before the moment")
    await asyncio.sleep(0.02)
    last = write(conninfo, "3 after the moment")
    archived(conninfo)
    assert (await archive_line(settings)).startswith("last at")
    server.stop()

    async def back(name: str, **given: object) -> list[str]:
        await restore_base(Settings(home=home / name), made, silent, **given)  # type: ignore[arg-type]
        with EmbeddedPostgres(home / name) as again:
            held = notes(again.conninfo)
            write(again.conninfo, "4 it can be written to")
        assert not list((home / name / "database" / "cluster" / "conf.d").glob("20-*"))
        return held

    assert await back("moment", archive=archive, until=moment) == ["1 in the base backup", "2 before the moment"]
    assert await back("end", archive=archive) == ["1 in the base backup", "2 before the moment", "3 after the moment"]
    assert await back("base") == ["1 in the base backup"]
    later = last.replace(year=last.year + 1)
    with pytest.raises(PostgresError, match="before configured recovery target"):
        await restore_base(Settings(home=home / "late"), made, silent, archive=archive, until=later)
    assert not (home / "late" / "database" / "cluster").exists()
    with pytest.raises(PostgresError, match="has a database already"):
        await restore_base(Settings(home=home / "base"), made, silent)


async def archive_line(settings: Settings) -> str:
    """What the status says of the archive."""
    return next(text for topic, text in (await status_of(settings)).lines if topic == "archive")


async def test_a_log_that_cannot_be_archived_is_told(home: Path) -> None:
    archive = home / "archive"
    settings = Settings(home=home / "first", wal_archive=archive)
    with EmbeddedPostgres(settings.home, archive=archive):
        assert await archive_line(settings) == "nothing yet"
        archive.chmod(0o500)
        await make_base(settings, home / "backups", silent)  # switches to another file of the log
        for _ in range(200):
            if "can't be archived" in await archive_line(settings):
                break
            await asyncio.sleep(0.1)
        assert "can't be archived" in await archive_line(settings)


async def test_the_command_line_keeps_bases_and_the_log_that_they_need(environment: dict[str, str], home: Path) -> None:
    there = {**environment, "XINGLIN_WAL_ARCHIVE": str(home / "archive")}
    target = home / "backups"
    assert xinglin(there, "migrate").returncode == 0
    for _ in range(2):
        done = xinglin(there, "base-backup", str(target), "--keep", "1")
        assert done.returncode == 0, done.stderr
        await asyncio.sleep(1.1)  # names are of seconds
    (made,) = complete_backups(target, "base")
    assert xinglin(there, "verify-backup", str(made)).returncode == 0
    assert "restore-base" in xinglin(there, "verify-backup", str(made), "--trial").stderr
    log = sorted(path.name for path in (home / "archive").iterdir() if len(path.name) == 24)
    label = (made / "cluster" / "backup_label").read_text()
    assert log
    assert all(name in label or name > label.split("file ")[1][:24] for name in log)
    other = {**environment, "XINGLIN_HOME": str(home / "other")}
    back = xinglin(other, "restore-base", str(made), "--archive", str(home / "archive"))
    assert back.returncode == 0, back.stderr
    assert xinglin(other, "migrate", "--check").returncode == 0
    wrong = xinglin(other, "restore", str(made))
    assert (wrong.returncode, "restore-base" in wrong.stderr) == (1, True)
    url = xinglin({**other, "XINGLIN_DATABASE_URL": "host=/nowhere"}, "base-backup", str(target))
    assert (url.returncode, "embedded" in url.stderr) == (1, True)


def test_moments_have_a_zone() -> None:
    assert read_moment("2026-11-25T10:30:00+08:00") == datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
    for text in ("yesterday", "2026-11-25T10:30:00", ""):
        with pytest.raises(BackupError, match="with its zone"):
            read_moment(text)


@pytest.mark.parametrize("path", ["/a'b", '/a"b', "/a%f", "/a$(x)", "/a`b`", "/a\\b", "/a\nb"])
def test_paths_that_a_shell_would_misread_are_refused(path: str) -> None:
    with pytest.raises(PostgresError, match="may not hold"):
        plain(Path(path))
