"""Loads FHIR bundles and code systems from files, and reports what was accepted and what was refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from xinglin.platform.database import Database
from xinglin.platform.settings import Settings
from xinglin.store.loading import LoadedFile, load_directory
from xinglin.store.repository import Repository
from xinglin.terminology.importers import KINDS, ImportFault
from xinglin.terminology.importing import import_code_system


async def load(settings: Settings, folder: Path, echo: Callable[[str], object]) -> bool:
    """Loads every file of `folder`, one line each; returns whether all were accepted.

    Raises `FileNotFoundError` where there is nothing to load.
    """

    def progress(file: LoadedFile, number: int, total: int) -> None:
        what = f"refused, {len(file.issues)} faults" if file.issues else f"{file.accepted.total()} resources"
        echo(f"[{number}/{total}] {file.path.name}: {what}")
        for issue in file.issues:
            echo(f"    {issue.expression or '-'}: {issue.diagnostics}")

    assert settings.database_url is not None
    database = Database(settings.database_url, min_size=1, max_size=4, application="xinglin-load")
    await database.open()
    try:
        zone = ZoneInfo(settings.timezone)
        report = await load_directory(folder, database.transaction, now=datetime.now(UTC), zone=zone, progress=progress)
    finally:
        await database.close()
    for kind, count in sorted(report.accepted.items()):
        echo(f"{count:8} {kind}")
    echo(f"{report.accepted.total()} resources accepted, {len(report.refused)} of {len(report.files)} files refused")
    return not report.refused


async def import_terminology(
    settings: Settings, kind: str, file: Path, version: str | None, echo: Callable[[str], object]
) -> bool:
    """Imports a code system in one transaction; returns whether its file was accepted."""
    if kind not in KINDS:
        echo(f"{kind} is not a code system that can be imported; accepted are: {', '.join(KINDS)}")
        return False
    assert settings.database_url is not None
    database = Database(
        settings.database_url, max_size=2, application="xinglin-import", statement_timeout=timedelta(hours=1)
    )
    await database.open()
    try:
        async with database.transaction() as connection:
            repository = Repository(connection, now=datetime.now(UTC), zone=ZoneInfo(settings.timezone))
            resource, count = await import_code_system(repository, KINDS[kind], file, version=version)
    except ImportFault as fault:
        echo(f"refused: {fault}; expected is {KINDS[kind].file}")
        return False
    finally:
        await database.close()
    echo(f"{count:8} concepts of {resource['url']} ({resource['title']})")
    return True
