"""Transactions (FHIR R4, RESTful API, batch/transaction).

A transaction deletes first, gives ids to what is new, resolves the references among its entries, checks all of them,
and only then writes: new resources with one COPY per table, then new versions in one pipeline. Entries that refer to
something by a search are written last, since the search sees what the same transaction has made. Then it reads.
Whatever is wrong is told of all entries at once.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from xinglin.fhir.outcome import BadRequest, Conflict, FhirError, Invalid, Issue, PreconditionFailed
from xinglin.fhir.search.custom import faults
from xinglin.fhir.types import Resource
from xinglin.fhir.validation import validate
from xinglin.store import permitting, profiles, subscribing
from xinglin.store.bulk import insert_all, lock_versions, update_all
from xinglin.store.conditional import found_id, sole
from xinglin.store.defining import TYPE, define, settle
from xinglin.store.entries import Entry, read_entries
from xinglin.store.parameters import in_force
from xinglin.store.patches import patch_in_bundle
from xinglin.store.reads import read
from xinglin.store.references import conditions, replaced
from xinglin.store.rows import Row, stamped
from xinglin.store.writing import new_id

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

Response = Resource
T = TypeVar("T")


async def process_transaction(repository: "Repository", bundle: Resource, *, representation: bool = False) -> Resource:
    """Carries out a transaction bundle; see `Repository.transaction`."""
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise BadRequest("A Bundle of type transaction is expected", expression="Bundle.type", code="value")
    entries = read_entries(bundle)
    _refuse_repetition(entries)
    responses = await _delete(repository, entries)
    existing = await _assign(repository, entries)
    _refuse_overlap(entries, existing)
    responses |= {index: _response("200 OK", resource, representation) for index, resource in existing.items()}
    changes = [entry for entry in entries if entry.changes and entry.index not in existing]
    conditional = _link(changes, {e.full_url: f"{e.type}/{e.id}" for e in entries if e.full_url and e.changes})
    await _ensure_valid(repository, changes, conditional)
    written = await _write(repository, [entry for entry in changes if entry.index not in conditional])
    await _resolve(repository, [entry for entry in changes if entry.index in conditional])
    written |= await _write(repository, [entry for entry in changes if entry.index in conditional])
    await _ensure_conforming(repository, changes, written)
    told = repository.told
    responses |= {i: _response(status, told(resource), representation) for i, (status, resource) in written.items()}
    for entry in entries:
        if entry.index not in responses:
            responses[entry.index] = await _located(entry, read(repository, entry))
    answered = [responses[entry.index] for entry in entries]
    return {"resourceType": "Bundle", "type": "transaction-response", **({"entry": answered} if answered else {})}


def _refuse_repetition(entries: Sequence[Entry]) -> None:
    """A resource must not occur twice in a transaction, since the order of the two would decide."""
    seen: dict[tuple[str, str], int] = {}
    issues = []
    for entry in entries:
        names = {
            "request.url": f"{entry.type}/{entry.id}" if entry.id and not entry.reads else None,
            "request.ifNoneExist": f"{entry.type}?{entry.if_none_exist}" if entry.if_none_exist else None,
            "fullUrl": entry.full_url,
        }
        if entry.condition:
            names["request.url"] = f"{entry.type}?{entry.condition}"
        for element, name in names.items():
            if name and (first := seen.setdefault((element, name), entry.index)) != entry.index:
                text = f"{name} is already the {element} of entry {first}"
                issues.append(Issue("error", "duplicate", text, f"Bundle.entry[{entry.index}].{element}"))
    if issues:
        raise BadRequest(issues=issues)


def _refuse_overlap(entries: Sequence[Entry], existing: Mapping[int, Resource]) -> None:
    """The same for what conditions were found to mean."""
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        changed = (entry.changes and entry.index not in existing) or entry.method == "DELETE"
        if changed and entry.id and (first := seen.setdefault((entry.type, entry.id), entry.index)) != entry.index:
            text = f"{entry.type}/{entry.id} is already changed by entry {first}"
            raise BadRequest(issues=[Issue("error", "duplicate", text, f"Bundle.entry[{entry.index}].request.url")])


async def _delete(repository: "Repository", entries: Sequence[Entry]) -> dict[int, Response]:
    """Deletes what is to be deleted; a condition may find nothing."""
    responses = {}
    for entry in entries:
        if entry.method == "DELETE":
            if entry.condition:
                found = await _located(entry, repository.match(entry.type, entry.condition, lock=True))
                entry.id = found["id"] if found else None
            if entry.id:
                await _located(entry, repository.delete(entry.type, entry.id, if_match=entry.if_match))
            responses[entry.index] = {"response": {"status": "204 No Content"}}
    return responses


async def _assign(repository: "Repository", entries: Sequence[Entry]) -> dict[int, Resource]:
    """Gives each resource to be written its id; index → resource for those that exist by their `ifNoneExist`."""
    existing: dict[int, Resource] = {}
    for entry in entries:
        if entry.method == "POST" and entry.changes:
            found = None
            if entry.if_none_exist:
                found = await _located(entry, repository.match(entry.type, entry.if_none_exist, lock=True))
            if found is not None:
                existing[entry.index] = found
            entry.id = found["id"] if found is not None else new_id()
        elif entry.method in ("PUT", "PATCH"):
            await _located(entry, _find(repository, entry))
        if entry.changes:
            entry.resource = {**entry.resource, "id": entry.id}
    return existing


async def _find(repository: "Repository", entry: Entry) -> None:
    """Finds what a PUT or PATCH changes; a patch is applied."""
    if entry.method == "PATCH":
        entry.id = entry.id or await sole(repository, entry.type, entry.condition or "")
        entry.resource = patch_in_bundle(entry.resource)(await repository.read(entry.type, entry.id, lock=True))
    elif entry.condition:
        id = entry.resource.get("id")
        found = await repository.match(entry.type, entry.condition, lock=True)
        entry.must_be_new = found is None
        entry.id = found_id(found, id, entry.condition) if found else id or new_id()


def _link(changes: Sequence[Entry], targets: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Replaces temporary references; index → conditional references with a stand-in, for entries that have some."""
    found: dict[int, dict[str, str]] = {}
    for entry in changes:
        entry.resource, remains = replaced(entry.resource, targets)
        if remains and (standing := {ref: f"{type}/0" for ref, type, *_ in conditions(entry.resource, "")}):
            found[entry.index] = standing
    return found


async def _resolve(repository: "Repository", entries: Sequence[Entry]) -> None:
    """Replaces conditional references. Raises `PreconditionFailed` for those that don't match exactly one resource."""
    found: dict[str, str] = {}
    issues: list[Issue] = []
    for entry in entries:
        for reference, type, condition, path in conditions(entry.resource, entry.path):
            if reference not in found:
                target = await _sole(repository, type, condition, path, issues)
                found |= {reference: target} if target else {}
        entry.resource, _ = replaced(entry.resource, found)
    if issues:
        raise PreconditionFailed(issues=issues)


async def _sole(repository: "Repository", type: str, condition: str, path: str, issues: list[Issue]) -> str | None:
    """The reference to the one resource that a condition matches; else None, and an issue."""
    try:
        found = await repository.match(type, condition)
    except FhirError as error:
        issues += [Issue(i.severity, i.code, i.diagnostics, path) for i in error.issues]
        return None
    if found is None:
        issues.append(Issue("error", "not-found", f"{type}?{condition} matches no resource", path))
        return None
    return f"{type}/{found['id']}"


async def _ensure_valid(
    repository: "Repository", entries: Sequence[Entry], conditional: Mapping[int, Mapping[str, str]]
) -> None:
    """Raises `Invalid` with the issues of all entries; what is not resolved yet is checked with its stand-in."""
    issues: list[Issue] = []
    resources = []
    for entry in entries:
        standing = conditional.get(entry.index)
        resources.append(replaced(entry.resource, standing)[0] if standing else entry.resource)
        issues += [issue.below(entry.path) for issue in validate(resources[-1]) or faults(resources[-1])]
    if not issues:
        version = (await in_force(repository.connection)).version
        members = None if _deciding(entries) else repository.members
        found = await profiles.breaches(repository.connection, resources, version, members)
        issues = [issue.below(entry.path) for entry, own in zip(entries, found, strict=True) for issue in own]
    if issues:
        raise Invalid(issues=issues)


async def _write(repository: "Repository", entries: Sequence[Entry]) -> dict[int, tuple[str, Resource]]:
    """Writes new resources and new versions; index → status and what was written."""
    known = [(entry.type, entry.id or "") for entry in entries if entry.method != "POST"]
    versions = await lock_versions(repository.connection, known)  # all at once, before each is looked at by itself
    for entry in entries:
        entry.resource = await _located(entry, _permitted(repository, entry))
    parameters = await in_force(repository.connection)
    new: list[Row] = []
    changed: list[Row] = []
    written = {}
    for entry in entries:
        version, deleted = versions.get((entry.type, entry.id or ""), (0, True))
        _check(entry, version)
        row = stamped(entry.resource, entry.id or "", version + 1, repository.now, repository.zone, parameters)
        (changed if version else new).append(row)
        written[entry.index] = ("201 Created" if deleted else "200 OK", row.resource)
    repository.written += [row.resource for row in (*new, *changed)]
    await insert_all(repository.connection, new)
    await update_all(repository.connection, changed)
    if new or changed:
        await settle(repository.connection, [*new, *changed], parameters.version, repository.zone, repository.members)
        await permitting.ensure_written(repository, "create", [(row.type, row.id) for row in new])
        await permitting.ensure_written(repository, "update", [(row.type, row.id) for row in changed])
    await _define(repository, entries, {index: resource for index, (_, resource) in written.items()})
    return written


async def _permitted(repository: "Repository", entry: Entry) -> Resource:
    """What an entry may write."""
    if entry.method == "POST":
        resource = permitting.marked(repository, entry.resource)
    else:
        resource, _locked = await permitting.restored(repository, entry.resource)
    if entry.type == subscribing.TYPE:
        resource = await subscribing.subscribed(repository, resource, entry.id or "")
    return resource


async def _define(repository: "Repository", entries: Sequence[Entry], written: Mapping[int, Resource]) -> None:
    """Lets search parameters and profiles that were written take effect."""
    connection = repository.connection
    for entry in entries:
        if entry.type == TYPE:
            resource = written[entry.index]
            await _located(entry, define(connection, resource["id"], resource, repository.now))
    if any(entry.type == profiles.TYPE for entry in entries):
        await profiles.changed(connection)


def _deciding(entries: Sequence[Entry]) -> bool:
    """Whether entries have something by which the others are judged."""
    return any(entry.type in profiles.DECIDING for entry in entries)


async def _ensure_conforming(
    repository: "Repository", entries: Sequence[Entry], written: Mapping[int, tuple[str, Resource]]
) -> None:
    """Holds what was written against the profiles and value sets that came with it."""
    if _deciding(entries):
        version = (await in_force(repository.connection)).version
        resources = [written[entry.index][1] for entry in entries]
        found = await profiles.breaches(repository.connection, resources, version, repository.members)
        issues = [issue.below(entry.path) for entry, own in zip(entries, found, strict=True) for issue in own]
        if issues:
            raise Invalid(issues=issues)


def _check(entry: Entry, version: int) -> None:
    if entry.must_be_new and version:
        text = f"{entry.type}/{entry.id} exists already, or existed, and is not what the condition finds"
        raise Conflict(text, expression=f"{entry.path}.id", code="duplicate")
    if entry.if_match is not None and entry.if_match != version:
        text = f"{entry.type}/{entry.id} is at version {version}, not {entry.if_match}"
        raise PreconditionFailed(text, expression=f"Bundle.entry[{entry.index}].request.ifMatch")


def _response(status: str, resource: Resource, representation: bool) -> Response:
    meta = resource["meta"]
    response = {
        "status": status,
        "location": f"{resource['resourceType']}/{resource['id']}/_history/{meta['versionId']}",
        "etag": f'W/"{meta["versionId"]}"',
        "lastModified": meta["lastUpdated"],
    }
    return {"resource": resource, "response": response} if representation else {"response": response}


async def _located(entry: Entry, action: Awaitable[T]) -> T:
    """What an action gives; its errors name the entry."""
    try:
        return await action
    except FhirError as error:
        raise entry.located(error) from error
