"""Restores a backup into an empty installation, and proves that a backup can be restored."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg

from xinglin.operations.backup.content import connect, differences, queries, sequences_of, tables_of, without_secret
from xinglin.operations.backup.making import DUMP, FILES, KIND
from xinglin.operations.backup.manifest import BackupError, Manifest, faults, read_manifest
from xinglin.operations.backup.programs import program, run
from xinglin.platform.postgres import EmbeddedPostgres
from xinglin.platform.settings import Settings

Say = Callable[[str], None]


async def restore_backup(settings: Settings, folder: Path, say: Say) -> Manifest:
    """Restores a backup into the running, empty database that the settings name, and into the home.

    The database is filled in one transaction, then compared with the manifest row by row. Raises `BackupError` where
    the backup is not whole or the target not empty, before anything is changed; and where what came out differs.
    """
    manifest = await whole(folder)
    if manifest.kind != KIND:
        raise BackupError(f"{folder} is a {manifest.kind} backup; it is restored by `xinglin restore-base`")
    ensure_no_files(settings)
    assert settings.database_url is not None
    await fill(settings.database_url, folder, manifest, say)
    await asyncio.to_thread(place_files, settings, folder)
    return manifest


async def whole(folder: Path) -> Manifest:
    """The manifest of a backup whose files are all as they were written. Raises `BackupError`."""
    manifest = read_manifest(folder)
    if said := await asyncio.to_thread(faults, folder, manifest):
        raise BackupError(f"{folder} is not whole: {'; '.join(said)}")
    return manifest


async def fill(conninfo: str, folder: Path, manifest: Manifest, say: Say) -> None:
    """Fills an empty database from a dump and compares. Raises `BackupError`."""
    async with await connect(conninfo) as connection:
        row = await (await connection.execute(queries.anything_there)).fetchone()
        if row is not None:
            raise BackupError(
                f"The database is not empty: it has {row[0]}. A backup is restored into an empty one only"
            )
        server = connection.info.server_version
    if server // 10000 < manifest.server // 10000:
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.server // 10000}; this server is {server // 10000}, which is older"
        )
    say("Restoring the database")
    plain, secrets = without_secret(conninfo)
    arguments = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", f"--dbname={plain}"]
    await run(program("pg_restore", server), *arguments, str(folder / DUMP), secrets=secrets)
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as plan:
        await plan.execute(queries.analyze)
    say("Comparing every table with the backup")
    async with await connect(conninfo) as connection:
        said = differences(manifest, await tables_of(connection), await sequences_of(connection))
    if said:
        raise BackupError(f"What was restored is not what was saved; do not use it: {'; '.join(said)}")


async def verify_backup(folder: Path, say: Say, *, trial: bool) -> Manifest:
    """Checks the files of a backup; with `trial`, also restores it into a database of its own that is thrown away.

    Raises `BackupError` with what is wrong.
    """
    manifest = await whole(folder)
    if trial and manifest.kind != KIND:
        raise BackupError("A trial is for dumps; restore a base backup into an empty home with `xinglin restore-base`")
    say(f"{len(manifest.files)} files are as they were written")
    if manifest.kind == KIND:
        await run(program("pg_restore", manifest.server), "--list", str(folder / DUMP))
        if trial:
            await _try(folder, manifest, say)
    return manifest


async def _try(folder: Path, manifest: Manifest, say: Say) -> None:
    home = _passable_folder()
    try:
        server = EmbeddedPostgres(home, durable=False)
        conninfo = await asyncio.to_thread(server.start)
        try:
            await fill(conninfo, folder, manifest, say)
        finally:
            await asyncio.to_thread(server.stop)
    finally:
        await asyncio.to_thread(shutil.rmtree, home)
    say(f"All {len(manifest.tables)} tables came out as they went in")


def _passable_folder() -> Path:
    """A temporary folder that a server under another user reaches."""
    home = Path(tempfile.mkdtemp(prefix="xinglin-verify-"))
    home.chmod(0o711)
    return home


def ensure_no_files(settings: Settings) -> None:
    """Raises `BackupError` where the home has files of its own in the folders of a backup."""
    for name in FILES:
        place = settings.home / name
        if place.exists() and any(place.iterdir()):
            raise BackupError(f"{place} is not empty. A backup is restored into an empty home only")


def place_files(settings: Settings, folder: Path) -> None:
    """Copies the files of a backup into the home."""
    for name in FILES:
        source = folder / "home" / name
        if source.is_dir():
            shutil.copytree(source, settings.home / name, dirs_exist_ok=True)
            (settings.home / name).chmod(0o700)
