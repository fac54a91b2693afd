"""Exports: every resource type into files of its own, all as of one moment.

A job whose worker died begins again with an empty folder, so what is handed out is always whole.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from xinglin.exchange.fhir import deidentifying
from xinglin.exchange.fhir.bulk.house import House, house
from xinglin.fhir import json
from xinglin.fhir.types import Resource
from xinglin.platform import background, jobs
from xinglin.platform.audit import EVERYBODY
from xinglin.platform.crypto.projects import project_secret
from xinglin.store.everything import references, referring
from xinglin.store.exporting import fix_snapshot, stream, types_present
from xinglin.store.repository import Repository

LINES = 100_000
"""Resources in one file at most, so that a large type can be fetched in parts."""

MEMBERS = "members.txt"
"""The file that names the patients of a group's export; it is not handed out."""

_log = logging.getLogger(__name__)


class _Cancelled(Exception):
    """Somebody cancelled the export."""


async def _given_up(id: str) -> None:
    """Tells whoever asked for it that nobody tries any more."""
    async with house().repository() as repository:
        await background.move(repository, background.EXPORT, id, "failed", [], jobs.GIVEN_UP)


@jobs.task("fhir.export", given_up=_given_up)
async def export(id: str) -> None:
    """Carries out the export of a Task."""
    await run(house(), id)


async def run(surroundings: House, id: str) -> None:
    """Writes the files of an export, and notes them in its Task."""
    folder = surroundings.folder / id
    async with surroundings.repository() as repository:
        if not await background.move(repository, background.EXPORT, id, "in-progress", []):
            return
        task = await background.read(repository, background.EXPORT, id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        output = await _write(surroundings, task, folder)
        async with surroundings.repository() as repository:
            if not await background.move(repository, background.EXPORT, id, "completed", output):
                raise _Cancelled
    except _Cancelled:
        shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        _log.exception("Export %s failed", id)
        shutil.rmtree(folder, ignore_errors=True)
        async with surroundings.repository() as repository:
            await background.move(
                repository, background.EXPORT, id, "failed", [], f"Files can't be written: {error.strerror}"
            )


async def _write(surroundings: House, task: Resource, folder: Path) -> list[tuple[str, str]]:
    """Files of each type, as (name, number of resources)."""
    since = background.value(task, "_since")
    wanted = (background.value(task, "_type") or "").split(",") if background.value(task, "_type") else None
    level, group = background.value(task, "level"), background.value(task, "group")
    change = await _change(surroundings, background.value(task, "_deidentify"))
    output: list[tuple[str, str]] = []
    async with surroundings.database.transaction() as connection:
        await fix_snapshot(connection)
        account = background.value(task, background.ACCOUNT)
        access = await surroundings.access(connection, account) if account else None
        repository = Repository(connection, now=surroundings.clock(), access=access)
        patients = await _members(repository, group) if group else None
        if patients is not None:
            await asyncio.to_thread(_note, folder, patients)
        about = {"Patient"} | {source for source, _ in referring("Patient")}
        there = await types_present(connection)
        types = [each for each in there if (wanted is None or each in wanted) and (level == "system" or each in about)]
        types = [each for each in types if change is None or each in deidentifying.TYPES]
        for done, type in enumerate(types):
            await _tell(surroundings, task["id"], done, len(types))
            found = stream(repository, type, since=datetime.fromisoformat(since) if since else None, patients=patients)
            kept = _of_patients(found) if level == "patient" and type != "Patient" else found
            output += await _files(surroundings, task["id"], folder, type, _changed(kept, change) if change else kept)
    return output


async def _change(surroundings: House, project: str | None) -> Callable[[bytes], list[bytes]] | None:
    """What is done to each resource of an export without names; None for one as it is."""
    if project is None:
        return None
    now = surroundings.clock()
    async with surroundings.database.transaction() as connection:
        secret, suite = await project_secret(connection, surroundings.seal, project, now)
    pseudonyms, today = deidentifying.Pseudonyms(secret, suite), now.astimezone(surroundings.zone).date()

    def change(content: bytes) -> list[bytes]:
        made = deidentifying.deidentified(json.loads(content), pseudonyms, today)
        return [] if made is None else [json.dumps(made)]

    return change


async def _changed(
    batches: AsyncIterator[list[bytes]], change: Callable[[bytes], list[bytes]]
) -> AsyncIterator[list[bytes]]:
    async for batch in batches:
        yield await asyncio.to_thread(_each, batch, change)


def _each(batch: list[bytes], change: Callable[[bytes], list[bytes]]) -> list[bytes]:
    return [made for content in batch for made in change(content)]


async def _tell(surroundings: House, id: str, done: int, total: int) -> None:
    """Notes how many types are done."""
    async with surroundings.repository() as repository:
        if not await background.move(repository, background.EXPORT, id, "in-progress", background.made(done, total)):
            raise _Cancelled


async def _files(
    surroundings: House, id: str, folder: Path, type: str, batches: AsyncIterator[list[bytes]]
) -> list[tuple[str, str]]:
    counts: list[int] = []
    async for batch in batches:
        async with surroundings.repository() as repository:
            if (await background.read(repository, background.EXPORT, id))["status"] == "cancelled":
                raise _Cancelled
        if not batch:
            continue
        if not counts or counts[-1] >= LINES:
            counts.append(0)
        counts[-1] += len(batch)
        await asyncio.to_thread(_append, folder / f"{type}.{len(counts)}.ndjson", batch)
    return [(f"{type}.{number}.ndjson", str(count)) for number, count in enumerate(counts, 1)]


def _append(path: Path, lines: list[bytes]) -> None:
    with path.open("ab") as file:
        file.writelines(line + b"\n" for line in lines)


async def _of_patients(batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[bytes]]:
    """Leaves out what refers to no patient, such as a slot that is free."""
    async for batch in batches:
        yield [text for text in batch if any(type == "Patient" for type, _ in references(json.loads(text)))]


def _note(folder: Path, patients: list[str]) -> None:
    (folder / MEMBERS).write_text("".join(f"Patient/{id}\n" for id in patients), encoding="ascii")


def members(folder: Path) -> list[str]:
    """The patients in the files of an export that is complete: those of its group, or everybody."""
    path = folder / MEMBERS
    return path.read_text(encoding="ascii").split() if path.is_file() else [EVERYBODY]


async def _members(repository: Repository, group: str) -> list[str]:
    """Ids of the patients who are members of a group now."""
    members = (await repository.read("Group", group)).get("member", ())
    named = [member["entity"].get("reference", "") for member in members if not member.get("inactive")]
    return [name.removeprefix("Patient/") for name in named if name.startswith("Patient/")]
