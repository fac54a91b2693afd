"""Writes many resources that know their ids, each valid one for itself: the way in of bulk imports.

Half of the work needs no database: `prepare` can be done for the next documents while `write` waits for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import FhirError, Issue
from xinglin.fhir.search import SearchParameters
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation import validate
from xinglin.store import profiles
from xinglin.store.bulk import insert_all, lock_versions, update_all
from xinglin.store.defining import TYPE, settle
from xinglin.store.parameters import in_force
from xinglin.store.repository import Repository
from xinglin.store.rows import Row, stamped

_DEFINING = frozenset({TYPE, *profiles.DECIDING})
"""Types that are written one by one, since what follows is held against them."""


@dataclass(frozen=True)
class Prepared:
    """Documents with the issues that keep each out, and the rows of the others, by `id()`, as if they were new."""

    documents: Sequence[Json]
    issues: Sequence[tuple[Issue, ...]]
    rows: Mapping[int, Row]
    known: SearchParameters


def prepare(documents: Sequence[Json], known: SearchParameters, now: datetime, zone: tzinfo) -> Prepared:
    """Checks documents and makes what they are found by, with the search parameters that are known to be in force."""
    issues = [_issues(document) for document in documents]
    rows = {
        id(document): stamped(document, document["id"], 1, now, zone, known)
        for document, faults in zip(documents, issues, strict=True)
        if not faults and document["resourceType"] not in _DEFINING
    }
    return Prepared(documents, issues, rows, known)


async def ingest(repository: Repository, documents: Sequence[Json]) -> list[tuple[Issue, ...]]:
    """Creates or updates every document that is a valid resource with an id; for each, the issues that kept it out.

    Warnings keep nothing out. Raises `Conflict` where another transaction creates one of them at the same time.
    """
    known = await in_force(repository.connection)
    return await write(repository, prepare(documents, known, repository.now, repository.zone))


async def write(repository: Repository, prepared: Prepared) -> list[tuple[Issue, ...]]:
    """As `ingest`, for what was prepared."""
    documents, refused = prepared.documents, list(prepared.issues)
    for index, document in enumerate(documents):
        if not refused[index] and document["resourceType"] in _DEFINING:
            refused[index] = await _defined(repository, document)
    waiting: list[Resource] = [
        d for d, issues in zip(documents, refused, strict=True) if not issues and d["resourceType"] not in _DEFINING
    ]
    version = (await in_force(repository.connection)).version
    found = await profiles.breaches(repository.connection, waiting, version, repository.members)
    broken = {id(document): tuple(own) for document, own in zip(waiting, found, strict=True)}
    refused = [issues or broken.get(id(d), ()) for d, issues in zip(documents, refused, strict=True)]
    waiting = [d for d in waiting if not broken[id(d)]]
    while waiting:
        # A resource that comes twice is written twice, in its order.
        wave = {(r["resourceType"], r["id"]): r for r in reversed(waiting)}
        chosen = {id(resource) for resource in wave.values()}
        waiting = [resource for resource in waiting if id(resource) not in chosen]
        await _write(repository, list(reversed(wave.values())), prepared)
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


async def _write(repository: Repository, resources: Sequence[Resource], prepared: Prepared) -> None:
    versions = await lock_versions(repository.connection, [(r["resourceType"], r["id"]) for r in resources])
    known = prepared.known
    new: list[Row] = []
    changed: list[Row] = []
    for resource in resources:
        version, _ = versions.get((resource["resourceType"], resource["id"]), (0, True))
        if version:
            changed.append(stamped(resource, resource["id"], version + 1, repository.now, repository.zone, known))
        else:
            new.append(prepared.rows[id(resource)])
    await insert_all(repository.connection, new)
    await update_all(repository.connection, changed)
    await settle(repository.connection, [*new, *changed], known, repository.zone, repository.members)


def _issues(document: Json) -> tuple[Issue, ...]:
    kind = document.get("resourceType") if isinstance(document, dict) else None
    if kind not in resource_types():
        return (Issue("error", "structure", f"{kind!r} is not a resource type of FHIR R4"),)
    issues = tuple(issue for issue in validate(document) if issue.severity in ("error", "fatal"))
    if not issues and not document.get("id"):
        text = "Without an id, a repeated import would store the resource again; give it one"
        return (Issue("error", "required", text, f"{kind}.id"),)
    return issues
