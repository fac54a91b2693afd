"""Loads FHIR bundles and code systems from files, and reports what was accepted and what was refused."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from xinglin.operations.processes import Loaders
from xinglin.platform.crypto.vault import Vault
from xinglin.platform.database import Database
from xinglin.platform.settings import Settings
from xinglin.store.loading import LoadedFile, LoadReport, analyze, fhir_files
from xinglin.store.repository import Repository
from xinglin.terminology.importers import KINDS, ImportFault
from xinglin.terminology.importing import import_code_system


async def load(settings: Settings, folder: Path, echo: Callable[[str], object]) -> bool:
    """Loads every file of `folder`, several at a time, one line each; returns whether all were accepted.

    A file that is refused may need another one that was not loaded yet: when the others are done, it is tried again,
    in the order of the names. Raises `FileNotFoundError` where there is nothing to load, `DatabaseError`
    where a process came to its end.
    """
    files = await asyncio.to_thread(fhir_files, folder)
    report = LoadReport()
    numbers = {path: number for number, path in enumerate(files, 1)}

    def tell(file: LoadedFile) -> None:
        report.files.append(file)
        what = f"refused, {len(file.issues)} faults" if file.issues else f"{file.accepted.total()} resources"
        echo(f"[{numbers[file.path]}/{len(files)}] {file.path.name}: {what}")
        for issue in file.issues:
            echo(f"    {issue.expression or '-'}: {issue.diagnostics}")

    with Loaders(settings, most=len(files)) as loaders:
        refused = []
        # The largest first, so that the last ones end together.
        largest = sorted(files, key=lambda path: -path.stat().st_size)
        for loading in asyncio.as_completed([loaders.load(path) for path in largest]):
            loaded = await loading
            if loaded.issues:
                refused.append(loaded.path)
            else:
                tell(loaded)
        for path in sorted(refused):
            tell(await loaders.load(path))
    await _analyze(settings)
    for kind, count in sorted(report.accepted.items()):
        echo(f"{count:8} {kind}")
    echo(f"{report.accepted.total()} resources accepted, {len(report.refused)} of {len(report.files)} files refused")
    return not report.refused


async def _analyze(settings: Settings) -> None:
    assert settings.database_url is not None
    database = Database(settings.database_url, min_size=1, max_size=2, application="xinglin-load")
    await database.open()
    try:
        await analyze(database.transaction)
    finally:
        await database.close()


async def import_terminology(
    settings: Settings, kind: str, file: Path, version: str | None, echo: Callable[[str], object]
) -> bool:
    """Imports a code system in one transaction; returns whether its file was accepted."""
    if kind not in KINDS:
        echo(f"{kind} is not a code system that can be imported; accepted are: {', '.join(KINDS)}")
        return False
    assert settings.database_url is not None
    database = Database(
        settings.database_url,
        max_size=2,
        application="xinglin-import",
        statement_timeout=timedelta(hours=1),
        vault=Vault(settings),
    )
    await database.open()
    try:
        async with database.transaction() as connection:
            # unlimited: an operator at the machine imports code systems.
            repository = Repository(connection, now=datetime.now(UTC), zone=ZoneInfo(settings.timezone))
            resource, count = await import_code_system(repository, KINDS[kind], file, version=version)
    except ImportFault as fault:
        echo(f"refused: {fault}; expected is {KINDS[kind].file}")
        return False
    finally:
        await database.close()
    echo(f"{count:8} concepts of {resource['url']} ({resource['title']})")
    return True
