"""Writes many resources that know their ids, each valid one for itself: the way in of bulk imports.

What can be done without the database, `store.packing` does. New resources, which most are, go into `COPY` as they come
from there. What exists already, comes twice, claims a profile that the store has or is one itself is looked at here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from xinglin.fhir.outcome import FhirError, Issue
from xinglin.fhir.search.blinding import PERSONS
from xinglin.fhir.types import Resource
from xinglin.store import packing, profiles
from xinglin.store.bulk import add_texts, insert_all, lock_versions, update_all
from xinglin.store.concealing import vault_of
from xinglin.store.copying import copy_resources
from xinglin.store.defining import settle
from xinglin.store.packing import DEFINING, Pack, Packed
from xinglin.store.parameters import in_force
from xinglin.store.repository import Repository
from xinglin.store.rows import Row, stamped


async def surroundings(repository: Repository) -> packing.Surroundings:
    """What packing needs to know of a store."""
    known = await in_force(repository.connection)
    return packing.Surroundings(known.version, known.definitions, repository.now, repository.zone)


async def write(repository: Repository, lines: Sequence[bytes], pack: Pack) -> list[tuple[Issue, ...]]:
    """Creates or updates every valid resource of what was packed; for each line, the issues that kept it out.

    Raises `Conflict` where another transaction creates one of them at the same time.
    """
    refused = [line.issues for line in pack.lines]
    slow = await _to_look_at(repository, pack)
    resources = {index: packing.resource(lines[index]) for index in slow}
    for index, issues in (await _one_by_one(repository, resources)).items():
        refused[index] = issues
    fast = [i for i, line in enumerate(pack.lines) if line.copied and i not in resources]
    await copy_resources(repository.connection, [c for i in fast if (c := pack.lines[i].copied)])
    await add_texts(repository.connection, pack.texts)
    written = [_Line(c.type, c.id, lines[i]) for i in fast if (c := pack.lines[i].copied)]
    await settle(repository.connection, written, pack.version, repository.zone, repository.members)
    return refused


class _Line(NamedTuple):
    """A line that was written."""

    type: str
    id: str
    line: bytes

    @property
    def resource(self) -> Resource:
        return packing.resource(self.line)


async def _to_look_at(repository: Repository, pack: Pack) -> list[int]:
    """The lines that are accepted, but can't be written as they were packed; locks the resources that exist."""
    times = Counter(line.name for line in pack.lines if line.name)
    there = await lock_versions(repository.connection, list(times))
    again = there.keys() | {name for name, count in times.items() if count > 1}
    claims = {url for line in pack.lines for url in line.claims}
    version = (await in_force(repository.connection)).version
    known = await profiles.known(repository.connection, claims, version) if claims else frozenset()

    vault = vault_of(repository.connection)

    def stays(line: Packed) -> bool:
        as_packed = line.copied is not None and line.name not in again and known.isdisjoint(line.claims)
        if as_packed and line.copied and vault and vault.hiding:  # other processes pack without keys
            as_packed = line.copied.type not in (*PERSONS, "Bundle") and not line.copied.contained
        return not line.issues and not as_packed

    return [index for index, line in enumerate(pack.lines) if stays(line)]


async def _one_by_one(repository: Repository, resources: dict[int, Resource]) -> dict[int, tuple[Issue, ...]]:
    """Writes resources as they come, those first that define something; by the same keys, what kept one out."""
    refused = {i: await _defined(repository, r) for i, r in resources.items() if r["resourceType"] in DEFINING}
    others = {index: resource for index, resource in resources.items() if index not in refused}
    version = (await in_force(repository.connection)).version
    found = await profiles.breaches(repository.connection, list(others.values()), version, repository.members)
    refused |= {index: tuple(own) for index, own in zip(others, found, strict=True)}
    waiting = [resource for index, resource in others.items() if not refused[index]]
    while waiting:
        # A resource that comes twice is written twice, in its order.
        wave = {(r["resourceType"], r["id"]): r for r in reversed(waiting)}
        chosen = {id(resource) for resource in wave.values()}
        waiting = [resource for resource in waiting if id(resource) not in chosen]
        await _write(repository, list(reversed(wave.values())))
    return refused


async def _defined(repository: Repository, resource: Resource) -> tuple[Issue, ...]:
    """Writes by itself what follows is held against: a SearchParameter, a profile, or what bindings go by; gives the
    issues that kept it out."""
    try:
        async with repository.connection.transaction():  # a savepoint
            await repository.update(resource)
    except FhirError as error:
        return error.issues
    return ()


async def _write(repository: Repository, resources: Sequence[Resource]) -> None:
    known = await in_force(repository.connection)
    versions = await lock_versions(repository.connection, [(r["resourceType"], r["id"]) for r in resources])
    new: list[Row] = []
    changed: list[Row] = []
    for resource in resources:
        version, _ = versions.get((resource["resourceType"], resource["id"]), (0, True))
        row = stamped(resource, resource["id"], version + 1, repository.now, repository.zone, known)
        (changed if version else new).append(row)
    await insert_all(repository.connection, new)
    await update_all(repository.connection, changed)
    await settle(repository.connection, [*new, *changed], known.version, repository.zone, repository.members)
