"""Base backups of the whole cluster: with the archive of the write-ahead log, they lead to any moment after them."""

import asyncio
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import orjson
import psycopg

from xinglin.operations.backup.making import alone, complete, complete_backups, copy_files, unfinished
from xinglin.operations.backup.manifest import BackupError, Manifest, described, hashed
from xinglin.operations.backup.programs import program, run
from xinglin.operations.backup.restoring import ensure_no_files, place_files, whole
from xinglin.platform.migrations import applied_migrations
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.postgres.recovering import Origin
from xinglin.platform.settings import Settings

BASE, PASSWORDS = "cluster", "database.pgpass"
KIND = "base"
DAY = 24 * 3600.0
"""Seconds that a recovery may take."""
_FIRST = re.compile(r"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")
Say = Callable[[str], None]


def read_moment(text: str) -> datetime:
    """A moment as a person writes it, with its zone. Raises `BackupError`."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    raise BackupError(f"{text!r} is no moment; expected is a time with its zone, 2026-11-25T10:30:00+08:00")


async def make_base(settings: Settings, target: Path, say: Say, *, keep: int | None = None) -> Path:
    """Makes a base backup of the embedded cluster in a new folder below `target`, and gives it.

    `keep` as for dumps; what the archive of the log holds from before the oldest base backup that is left goes, too.
    Raises `BackupError`.
    """
    server = EmbeddedPostgres(settings.home)
    with alone(target), unfinished(target, KIND) as folder:
        async with await psycopg.AsyncConnection.connect(server.conninfo) as connection:
            version = connection.info.server_version
            migrations = await applied_migrations(connection)
        say(f"Copying the cluster into {folder.name}")
        copied = folder / BASE
        arguments = [
            "--format=plain",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-password",
            "--manifest-checksums=SHA256",
        ]
        await run(
            program("pg_basebackup", version), *arguments, f"--pgdata={copied}", f"--dbname={server.conninfo}"
        )  # fmt: skip
        await asyncio.to_thread(_check, copied)
        await asyncio.to_thread(shutil.copyfile, server.places.passwords, folder / PASSWORDS)
        await asyncio.to_thread(copy_files, settings, folder)
        made = await asyncio.to_thread(complete, folder, described(KIND, version, migrations=migrations))
    say(f"Made {made}")
    if keep is not None:
        await _thin_out(settings, target, say, keep, version)
    return made


def _check(copied: Path) -> None:
    """Compares a copy of a cluster with the list that the server made of it. Raises `BackupError`."""
    for entry in orjson.loads((copied / "backup_manifest").read_bytes())["Files"]:
        found = hashed(copied / entry["Path"])
        if (found.size, found.digest) != (entry["Size"], entry["Checksum"]):
            raise BackupError(f"{entry['Path']} of the cluster did not arrive as the server sent it")


async def _thin_out(settings: Settings, target: Path, say: Say, keep: int, version: int) -> None:
    kept = complete_backups(target, KIND)
    for old in kept[:-keep]:
        await asyncio.to_thread(shutil.rmtree, old)
        say(f"Removed {old}")
    if settings.wal_archive is None:
        return
    found = _FIRST.search((kept[-keep:][0] / BASE / "backup_label").read_text(encoding="utf-8"))
    if found is None:
        raise BackupError(f"{kept[-keep:][0]} does not tell with which log it begins")
    await run(program("pg_archivecleanup", version), str(settings.wal_archive), found[1])


async def restore_base(
    settings: Settings, folder: Path, say: Say, *, archive: Path | None = None, until: datetime | None = None
) -> Manifest:
    """Brings the cluster of a base backup into an empty home; with `archive`, recovers to its end or `until` a moment.

    Raises `BackupError`, and `PostgresError` where the archive does not reach.
    """
    if settings.database_url is not None:
        raise BackupError(
            "A base backup is a whole cluster: unset XINGLIN_DATABASE_URL, it comes back as the embedded one"
        )
    if until is not None and archive is None:
        raise BackupError("To come back to a moment, name the archive of the log: --archive FOLDER")
    manifest = await whole(folder)
    if manifest.kind != KIND:
        raise BackupError(f"{folder} is a {manifest.kind}, which leads to no other moment than its own")
    ensure_no_files(settings)
    origin = Origin(folder / BASE, folder / PASSWORDS, archive, until)
    server = EmbeddedPostgres(
        settings.home,
        account=settings.database_account,
        report=say,
        archive=settings.wal_archive,
        origin=origin,
        patience=DAY,
    )
    conninfo = await asyncio.to_thread(server.start)
    try:
        async with await psycopg.AsyncConnection.connect(conninfo) as connection:
            await applied_migrations(connection)
    finally:
        await asyncio.to_thread(server.stop)
    await asyncio.to_thread(place_files, settings, folder)
    return manifest
