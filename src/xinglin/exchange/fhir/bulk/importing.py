"""Imports: lines of NDJSON, validated and written in batches. A job whose worker died goes on after the last batch.

A line that is refused keeps out no other one; why it was refused stands in a file of OperationOutcomes. While one batch
is written, the next one is read, checked and indexed in a thread: the database works during half of that time.
"""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from xinglin.exchange.fhir.bulk import tasks
from xinglin.exchange.fhir.bulk.house import House, house
from xinglin.exchange.fhir.bulk.uploading import FILE
from xinglin.fhir import json
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.search import SearchParameters
from xinglin.platform import jobs
from xinglin.store.ingesting import Prepared, prepare, write
from xinglin.store.parameters import in_force

BATCH = 1000
"""Lines that are written in one transaction."""

ERRORS = "OperationOutcome.1.ndjson"
"""The file with what was refused."""


@jobs.task("fhir.import")
async def import_(id: str) -> None:
    """Carries out the import of a Task."""
    await run(house(), id)


async def run(surroundings: House, id: str) -> None:
    """Writes what was uploaded for an import, and notes in its Task how many lines were taken and refused.

    Where the last batch ended is noted in the transaction that writes it, so no line is taken twice.
    """
    folder = surroundings.folder / id
    async with surroundings.repository() as repository:
        task = await tasks.read(repository, tasks.IMPORT, id)
        if task["status"] in tasks.ENDED:
            return
        state = _State(*(int((tasks.outputs(task, name) or ["0"])[-1]) for name in _State.NAMES))
        known = await in_force(repository.connection)
        await tasks.move(repository, tasks.IMPORT, id, "in-progress", state.output())
    _truncate(folder / ERRORS, state.error_bytes)
    with (folder / FILE).open("rb") as file:
        file.seek(state.bytes)
        try:
            async with aclosing(_batches(surroundings, file, known)) as batches:
                async for batch in batches:
                    await _write(surroundings, id, folder, state, batch)
        except _Cancelled:
            shutil.rmtree(folder, ignore_errors=True)
            return
    async with surroundings.repository() as repository:
        await tasks.move(repository, tasks.IMPORT, id, "completed", state.output())
    (folder / FILE).unlink()


class _State:
    """How far an import is: bytes and lines read, resources accepted and refused, bytes of the file of errors."""

    NAMES = ("bytes", "lines", "accepted", "refused", "error_bytes")

    def __init__(self, bytes: int, lines: int, accepted: int, refused: int, error_bytes: int) -> None:
        self.bytes, self.lines, self.accepted, self.refused = bytes, lines, accepted, refused
        self.error_bytes = error_bytes

    def output(self) -> list[tuple[str, str]]:
        return [(name, str(getattr(self, name))) for name in self.NAMES]


@dataclass(frozen=True)
class _Batch:
    """Lines, and what they hold, ready to be written."""

    lines: list[bytes]
    prepared: Prepared


async def _batches(surroundings: House, file: BinaryIO, known: SearchParameters) -> AsyncGenerator[_Batch, None]:
    """The batches of a file, each made ready while the one before is written."""

    def read() -> _Batch:
        lines = list(islice(file, BATCH))
        documents = [_document(line) for line in lines]
        return _Batch(lines, prepare(documents, known, surroundings.clock(), surroundings.zone))

    ahead = asyncio.create_task(asyncio.to_thread(read))
    try:
        while (batch := await ahead).lines:
            ahead = asyncio.create_task(asyncio.to_thread(read))
            yield batch
    finally:
        await asyncio.wait([ahead])  # the thread must not read on in a file that is closed


def _truncate(path: Path, size: int) -> None:
    """Takes away errors that were written by a batch that was not committed."""
    with path.open("ab") as file:
        file.truncate(size)


async def _write(surroundings: House, id: str, folder: Path, state: _State, batch: _Batch) -> None:
    """Writes one batch. Raises `_Cancelled` where the import was cancelled, and then keeps nothing of the batch."""
    lines, documents = batch.lines, batch.prepared.documents
    async with surroundings.repository() as repository:
        refused = await write(repository, batch.prepared)
        errors = []
        for number, (line, document, issues) in enumerate(zip(lines, documents, refused, strict=True), state.lines + 1):
            if line.strip() and issues:
                errors.append(json.dumps(operation_outcome(_named(number, document, issues))) + b"\n")
        state.lines += len(lines)
        state.bytes += sum(map(len, lines))
        state.refused += len(errors)
        state.accepted += sum(1 for issues in refused if not issues)
        state.error_bytes += sum(map(len, errors))
        with (folder / ERRORS).open("ab") as file:
            file.writelines(errors)
        if not await tasks.move(repository, tasks.IMPORT, id, "in-progress", state.output()):
            raise _Cancelled


class _Cancelled(Exception):
    """Somebody cancelled the import."""


def _document(line: bytes) -> object:
    try:
        return json.loads(line) if line.strip() else None
    except json.JsonError:
        return line.decode(errors="replace")


def _named(number: int, document: object, issues: tuple[Issue, ...]) -> list[Issue]:
    if isinstance(document, str):
        return [Issue("error", "structure", f"Line {number}: this is not JSON: {document[:60]!r}")]
    return [Issue(i.severity, i.code, f"Line {number}: {i.diagnostics}", i.expression) for i in issues]
