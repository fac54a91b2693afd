"""Loads a folder of FHIR files: for each file one transaction, and a report of what was accepted and refused.

A file holds a transaction bundle or a single resource, as `.json` or `.json.gz`. A file with any fault is refused as a
whole, with every fault in it; the others are loaded nevertheless.
"""

import asyncio
import gzip
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, FhirError, Issue
from xinglin.fhir.types import Json
from xinglin.store.cursors import execute, queries
from xinglin.store.repository import Repository

MOST = 1024 * 1024 * 1024
"""Bytes that a file may have once it is unpacked: a few kilobytes of gzip can stand for all of the memory."""

Transaction = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
"""Opens a transaction that commits when its block ends well, such as `Database.transaction`."""

Prepare = Callable[[Repository], Repository]
"""Gives a repository what it is to know besides the database."""


def _as_it_is(repository: Repository) -> Repository:
    return repository


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What became of one file: how many resources of each type were accepted, or the issues why it was refused."""

    path: Path
    accepted: Counter[str]
    issues: tuple[Issue, ...] = ()


@dataclass(slots=True)
class LoadReport:
    """What became of all files."""

    files: list[LoadedFile] = field(default_factory=list)

    @property
    def accepted(self) -> Counter[str]:
        """Resource type → number of resources that were accepted."""
        return sum((file.accepted for file in self.files), Counter[str]())

    @property
    def refused(self) -> list[LoadedFile]:
        """The files that were refused."""
        return [file for file in self.files if file.issues]


def fhir_files(folder: Path) -> list[Path]:
    """The files below a folder that would be loaded, in the order of their names.

    Raises `FileNotFoundError` where the folder isn't there or holds none.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder")
    found = sorted(path for path in folder.rglob("*") if path.name.endswith((".json", ".json.gz")) and path.is_file())
    if not found:
        raise FileNotFoundError(f"{folder} holds no .json or .json.gz files")
    return found


async def load_directory(
    folder: Path,
    transaction: Transaction,
    *,
    now: datetime,
    zone: tzinfo = UTC,
    prepare: Prepare = _as_it_is,
    progress: Callable[[LoadedFile, int, int], None] = lambda *_: None,
) -> LoadReport:
    """Loads every file of a folder; `prepare` readies each repository, so that it knows terminology, and `progress` is
    told of each file, its number and how many there are.

    Raises `FileNotFoundError` as `fhir_files` does. Errors of the database end the loading; files before stay.
    """
    report = LoadReport()
    files = await asyncio.to_thread(fhir_files, folder)
    for number, path in enumerate(files, 1):
        loaded = await load_file(path, transaction, now, zone, prepare)
        report.files.append(loaded)
        progress(loaded, number, len(files))
    await analyze(transaction)
    return report


async def analyze(transaction: Transaction) -> None:
    """Tells the planner of the new terms at once; autovacuum would come only a minute later."""

    async def one(table: str) -> None:
        async with transaction() as connection:
            await execute(connection, queries.analyze.format(table=table), {}, prepare=False)

    async with transaction() as connection:
        tables = [table for (table,) in await (await execute(connection, queries.to_analyze, {})).fetchall()]
    await asyncio.gather(*map(one, tables))


async def load_file(
    path: Path, transaction: Transaction, now: datetime, zone: tzinfo, prepare: Prepare = _as_it_is
) -> LoadedFile:
    """Loads one file in a transaction of its own, or refuses it as a whole."""
    try:
        document = await asyncio.to_thread(read_document, path)
        async with transaction() as connection:
            # unlimited: an operator at the machine loads files.
            accepted = await _store(prepare(Repository(connection, now=now, zone=zone)), document)
    except FhirError as error:
        return LoadedFile(path, Counter(), error.issues)
    return LoadedFile(path, accepted)


def read_document(path: Path) -> Json:
    """The JSON of a file. Raises `BadRequest` where it can't be read or is not JSON."""
    try:
        return json.loads(_content(path))
    except (OSError, EOFError, zlib.error, json.JsonError) as error:
        raise BadRequest(f"{path.name} can't be read: {error}", code="structure") from error


def _content(path: Path) -> bytes:
    """What a file holds. Raises `BadRequest` for one that is larger than `MOST`, and reads no more of it."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        content: bytes = file.read(MOST + 1)
    if len(content) > MOST:
        text = f"{path.name} has more than {MOST:,} bytes; load it in parts, or as NDJSON by $import"
        raise BadRequest(text, code="too-long")
    return content


async def _store(repository: Repository, document: Json) -> Counter[str]:
    if not isinstance(document, dict):
        raise BadRequest("The file must hold a JSON object: a transaction bundle or a resource", code="structure")
    if document.get("resourceType") == "Bundle":
        response = await repository.transaction(document)
        locations = [entry["response"].get("location", "") for entry in response.get("entry", [])]
        return Counter(location.partition("/")[0] for location in locations if location)
    stored = await (repository.update(document) if "id" in document else repository.create(document))
    return Counter([stored["resourceType"]])
