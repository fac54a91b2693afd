"""Imports: lines of NDJSON, validated and written in batches. A job whose worker died goes on after the last batch.

A line that is refused keeps out no other one; why it was refused stands in a file of OperationOutcomes. While one batch
is written, the next ones are checked and indexed by other processes, in the order of the file.
"""

import asyncio
import multiprocessing
import shutil
from collections import deque
from collections.abc import AsyncGenerator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import aclosing
from functools import cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from xinglin.exchange.fhir.bulk.house import House, house
from xinglin.exchange.fhir.bulk.uploading import FILE
from xinglin.fhir import json
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.platform import background, jobs
from xinglin.platform.collecting import settle
from xinglin.platform.processes import pool
from xinglin.store.copying import reserve
from xinglin.store.ingesting import surroundings as surroundings_of
from xinglin.store.ingesting import write
from xinglin.store.packing import Pack, Surroundings, pack

BATCH = 1000
"""Lines that are written in one transaction."""

SMALL = 2_000_000
"""Bytes of a file for which no processes are started, since that takes longer than packing it in a thread."""

PROCESSES = 4
"""That pack, at most: then they are faster than one connection writes."""

ERRORS = "OperationOutcome.1.ndjson"
"""The file with what was refused."""


async def _given_up(id: str) -> None:
    """Tells whoever asked for it that nobody tries any more; what was written stays, and the rest of the file."""
    async with house().repository() as repository:
        await background.move(repository, background.IMPORT, id, "failed", reason=jobs.GIVEN_UP)


@jobs.task("fhir.import", given_up=_given_up)
async def import_(id: str) -> None:
    """Carries out the import of a Task."""
    await run(house(), id)


async def run(surroundings: House, id: str) -> None:
    """Writes what was uploaded for an import, and notes in its Task how many lines were taken and refused.

    Where the last batch ended is noted in the transaction that writes it, so no line is taken twice.
    """
    folder = surroundings.folder / id
    async with surroundings.repository() as repository:
        task = await background.read(repository, background.IMPORT, id)
        if task["status"] in background.ENDED:
            if task["status"] == "cancelled":
                shutil.rmtree(folder, ignore_errors=True)
            return
        state = _State(*(int((background.outputs(task, name) or ["0"])[-1]) for name in _State.NAMES))
        state.size = (folder / FILE).stat().st_size
        await background.move(repository, background.IMPORT, id, "in-progress", state.output())
    _truncate(folder / ERRORS, state.error_bytes)
    with (folder / FILE).open("rb") as file, _packers(state.size - state.bytes) as packers:
        file.seek(state.bytes)
        try:
            async with aclosing(_batches(surroundings, file, packers)) as batches:
                async for lines, packed in batches:
                    await _write(surroundings, id, folder, state, lines, packed)
        except _Cancelled:
            shutil.rmtree(folder, ignore_errors=True)
            return
    async with surroundings.repository() as repository:
        await background.move(repository, background.IMPORT, id, "completed", state.output())
    (folder / FILE).unlink()


class _State:
    """How far an import is: bytes and lines read, resources accepted and refused, bytes of the file of errors; and the
    bytes of the file that was sent."""

    NAMES = ("bytes", "lines", "accepted", "refused", "error_bytes")

    def __init__(self, bytes: int, lines: int, accepted: int, refused: int, error_bytes: int) -> None:
        self.bytes, self.lines, self.accepted, self.refused = bytes, lines, accepted, refused
        self.error_bytes = error_bytes
        self.size = 0

    def output(self) -> list[tuple[str, str]]:
        return [*((name, str(getattr(self, name))) for name in self.NAMES), *background.made(self.bytes, self.size)]


def _packers(size: int) -> Executor:
    """What packs the rest of a file of this many bytes."""
    return ThreadPoolExecutor(1) if size < SMALL else pool(PROCESSES)


async def _batches(
    surroundings: House, file: BinaryIO, packers: Executor
) -> AsyncGenerator[tuple[list[bytes], Pack], None]:
    """The batches of a file, some of them being packed while one is written."""
    loop = asyncio.get_running_loop()
    ahead = deque[tuple[list[bytes], asyncio.Future[Pack]]]()
    try:
        while True:
            while len(ahead) <= PROCESSES and (lines := await asyncio.to_thread(_read, file)):
                async with surroundings.repository() as repository:
                    keys = await reserve(repository.connection, 2 * len(lines))
                    around = await surroundings_of(repository)
                ahead.append((lines, loop.run_in_executor(packers, _packed, lines, keys, around)))
            if not ahead:
                return
            lines, packing = ahead.popleft()
            yield lines, await packing
    finally:
        for _, packing in ahead:
            packing.cancel()


def _packed(lines: list[bytes], keys: list[int], around: Surroundings) -> Pack:
    """In a process of its own: what was imported for the first batch stays, and garbage is looked for less often."""
    if multiprocessing.parent_process() is not None:
        _settled()
    return pack(lines, keys, around)


_settled = cache(settle)


def _read(file: BinaryIO) -> list[bytes]:
    return list(islice(file, BATCH))


def _truncate(path: Path, size: int) -> None:
    """Takes away errors that were written by a batch that was not committed."""
    with path.open("ab") as file:
        file.truncate(size)


async def _write(surroundings: House, id: str, folder: Path, state: _State, lines: list[bytes], packed: Pack) -> None:
    """Writes one batch. Raises `_Cancelled` where the import was cancelled, and then keeps nothing of the batch."""
    async with surroundings.repository() as repository:
        refused = await write(repository, lines, packed)
        errors = [
            json.dumps(operation_outcome(_named(number, issues))) + b"\n"
            for number, (line, issues) in enumerate(zip(lines, refused, strict=True), state.lines + 1)
            if issues and line.strip()
        ]
        state.lines += len(lines)
        state.bytes += sum(map(len, lines))
        state.refused += len(errors)
        state.accepted += sum(1 for issues in refused if not issues)
        state.error_bytes += sum(map(len, errors))
        with (folder / ERRORS).open("ab") as file:
            file.writelines(errors)
        if not await background.move(repository, background.IMPORT, id, "in-progress", state.output()):
            raise _Cancelled


class _Cancelled(Exception):
    """Somebody cancelled the import."""


def _named(number: int, issues: tuple[Issue, ...]) -> list[Issue]:
    return [Issue(i.severity, i.code, f"Line {number}: {i.diagnostics}", i.expression) for i in issues]
