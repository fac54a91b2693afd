"""Makes a backup, and keeps as many as are wanted."""

import asyncio
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from xinglin.operations.backup.content import connect, queries, sequences_of, tables_of, without_secret
from xinglin.operations.backup.manifest import NAME, BackupError, Manifest, described, listed
from xinglin.operations.backup.programs import program, run
from xinglin.platform.migrations import applied_migrations
from xinglin.platform.settings import Settings

DUMP, KIND = "database.dump", "dump"
FILES = ("bulk", "audit")
"""Folders of the home that belong to a backup: exports and imports, and entries on their way into the audit."""
_COMPLETE = re.compile(r"xinglin-([a-z]+)-\d{8}T\d{6}Z")
Say = Callable[[str], None]


async def make_backup(settings: Settings, target: Path, say: Say, *, keep: int | None = None) -> Path:
    """Makes a backup in a new folder below `target` and gives it; of the older ones the newest stay, `keep` in all.

    The settings name a running database. What was interrupted before is removed. Raises `BackupError`.
    """
    with alone(target), unfinished(target, KIND) as folder:
        say(f"Dumping the database into {folder.name}")
        manifest = await _dump(settings, folder)
        await asyncio.to_thread(copy_files, settings, folder)
        made = await asyncio.to_thread(complete, folder, manifest)
    rows = sum(table.rows for table in manifest.tables.values())
    say(f"Made {made}: {len(manifest.tables)} tables with {rows} rows")
    if keep is not None:
        for old in complete_backups(target, KIND)[:-keep]:
            await asyncio.to_thread(shutil.rmtree, old)
            say(f"Removed {old}")
    return made


async def _dump(settings: Settings, folder: Path) -> Manifest:
    """Dumps the database, and counts and hashes what the dump holds: both see one moment."""
    assert settings.database_url is not None
    async with await connect(settings.database_url) as connection:
        server = connection.info.server_version
        row = await (await connection.execute(queries.export_snapshot)).fetchone()
        assert row is not None
        sequences = await sequences_of(connection)  # before the dump, which may hold later numbers
        conninfo, secrets = without_secret(settings.database_url)
        arguments = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={row[0]}"]
        dumping = asyncio.create_task(
            run(
                program("pg_dump", server), *arguments, f"--file={folder / DUMP}", f"--dbname={conninfo}",
                secrets=secrets,
            )
        )  # fmt: skip
        try:
            migrations = await applied_migrations(connection)
            tables = await tables_of(connection)
            await dumping
        finally:
            dumping.cancel()
            await asyncio.gather(dumping, return_exceptions=True)
    return described(KIND, server, tables, sequences, migrations)


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Holds the folder of backups: nobody else makes one there meanwhile. Raises `BackupError`."""
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(target / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupError(f"Backups can't be written to {target}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError(f"Another backup into {target} is under way") from None
    finally:
        os.close(lock)


@contextmanager
def unfinished(target: Path, kind: str) -> Iterator[Path]:
    """A folder for a backup in the making, without what was interrupted before."""
    for left in target.glob("*.unfinished"):
        shutil.rmtree(left)
    folder = target / f"xinglin-{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.unfinished"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_files(settings: Settings, folder: Path) -> None:
    """Copies the files of the home; one that goes meanwhile was on its way out and is left."""
    for name in FILES:
        source = settings.home / name
        for path in sorted(source.rglob("*")) if source.is_dir() else ():
            copied = folder / "home" / name / path.relative_to(source)
            try:
                if path.is_file():
                    copied.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    shutil.copyfile(path, copied)
                    copied.chmod(0o600)
            except FileNotFoundError:
                copied.unlink(missing_ok=True)


def complete(folder: Path, manifest: Manifest) -> Path:
    """Writes the manifest, brings everything to the disk, and gives the backup its name: only now it is one."""
    manifest.files.update(listed(folder))
    manifest.write(folder)
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    made = folder.with_suffix("")
    folder.rename(made)
    return made


def complete_backups(target: Path, kind: str) -> list[Path]:
    """The backups of a kind below a folder, the oldest first."""
    named = ((path, _COMPLETE.fullmatch(path.name)) for path in target.glob("xinglin-*"))
    return sorted(path for path, found in named if found and found[1] == kind and (path / NAME).exists())
