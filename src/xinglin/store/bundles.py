"""Transactions and batches (FHIR R4, RESTful API, batch/transaction).

A transaction resolves the references among its entries, checks all of them, and only then writes: deletes first, then
new resources with one COPY per table, then new versions in one pipeline, then reads. Whatever is wrong is told of all
entries at once.
"""

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, TypeVar

from xinglin.fhir.outcome import BadRequest, FhirError, Invalid, Issue, PreconditionFailed
from xinglin.fhir.types import Resource
from xinglin.fhir.validation import validate
from xinglin.store.bulk import insert_all, lock_versions, update_all
from xinglin.store.entries import Entry, read_entries
from xinglin.store.references import conditions, replaced
from xinglin.store.rows import Row, stamped
from xinglin.store.searching import SearchPage
from xinglin.store.writing import new_id

if TYPE_CHECKING:
    from xinglin.store.repository import Repository

Response = Resource
T = TypeVar("T")


async def process_transaction(repository: "Repository", bundle: Resource) -> Resource:
    """Carries out a transaction bundle; see `Repository.transaction`."""
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise BadRequest("A Bundle of type transaction is expected", expression="Bundle.type", code="value")
    entries = read_entries(bundle)
    _refuse_repetition(entries)
    existing = await _assign(repository, entries)
    await _resolve(repository, entries, existing)
    _ensure_valid([e for e in entries if e.method in ("POST", "PUT") and e.index not in existing])
    responses = {index: _response("200 OK", resource) for index, resource in existing.items()}
    for entry in entries:
        if entry.method == "DELETE":
            await _located(entry, repository.delete(entry.type, entry.id or "", if_match=entry.if_match))
            responses[entry.index] = {"response": {"status": "204 No Content"}}
    responses |= await _write(repository, [e for e in entries if e.index not in responses])
    for entry in entries:
        if entry.method == "GET":
            responses[entry.index] = await _located(entry, _read(repository, entry))
    answered = [responses[entry.index] for entry in entries]
    return {"resourceType": "Bundle", "type": "transaction-response", **({"entry": answered} if answered else {})}


def _refuse_repetition(entries: Sequence[Entry]) -> None:
    """A resource must not occur twice in a transaction, since the order of the two would decide."""
    seen: dict[tuple[str, str], int] = {}
    issues = []
    for entry in entries:
        names = {
            "request.url": f"{entry.type}/{entry.id}" if entry.id and entry.method != "GET" else None,
            "request.ifNoneExist": f"{entry.type}?{entry.if_none_exist}" if entry.if_none_exist else None,
            "fullUrl": entry.full_url,
        }
        for element, name in names.items():
            if name and (first := seen.setdefault((element, name), entry.index)) != entry.index:
                text = f"{name} is already the {element} of entry {first}"
                issues.append(Issue("error", "duplicate", text, f"Bundle.entry[{entry.index}].{element}"))
    if issues:
        raise BadRequest(issues=issues)


async def _assign(repository: "Repository", entries: Sequence[Entry]) -> dict[int, Resource]:
    """Gives an id to each new resource; index → resource for those that exist by their `ifNoneExist`."""
    existing: dict[int, Resource] = {}
    for entry in entries:
        if entry.method == "POST":
            found = None
            if entry.if_none_exist:
                found = await _located(entry, repository.match(entry.type, entry.if_none_exist, lock=True))
            if found is not None:
                existing[entry.index] = found
            entry.id = found["id"] if found is not None else new_id()
    return existing


async def _resolve(repository: "Repository", entries: Sequence[Entry], existing: dict[int, Resource]) -> None:
    """Replaces temporary and conditional references in all resources to be written."""
    targets = {e.full_url: f"{e.type}/{e.id}" for e in entries if e.full_url and e.method in ("POST", "PUT")}
    conditional: list[Entry] = []
    for entry in entries:
        if entry.method in ("POST", "PUT") and entry.index not in existing:
            entry.resource, remains = replaced({**entry.resource, "id": entry.id}, targets)
            conditional += [entry] if remains else []
    found: dict[str, str] = {}
    issues: list[Issue] = []
    for entry in conditional:
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


def _ensure_valid(entries: Sequence[Entry]) -> None:
    issues = [issue.below(entry.path) for entry in entries for issue in validate(entry.resource)]
    if issues:
        raise Invalid(issues=issues)


async def _write(repository: "Repository", entries: Sequence[Entry]) -> dict[int, Response]:
    """Writes new resources and new versions, and answers by entry."""
    puts = [entry for entry in entries if entry.method == "PUT"]
    versions = await lock_versions(repository.connection, [(e.type, e.id or "") for e in puts])
    new: list[Row] = []
    changed: list[Row] = []
    responses = {}
    for entry in entries:
        if entry.method in ("POST", "PUT"):
            version, deleted = versions.get((entry.type, entry.id or ""), (0, True))
            if entry.if_match is not None and entry.if_match != version:
                text = f"{entry.type}/{entry.id} is at version {version}, not {entry.if_match}"
                raise PreconditionFailed(text, expression=f"Bundle.entry[{entry.index}].request.ifMatch")
            row = stamped(entry.resource, entry.id or "", version + 1, repository.now, repository.zone)
            (changed if version else new).append(row)
            responses[entry.index] = _response("201 Created" if deleted else "200 OK", row.resource)
    await insert_all(repository.connection, new)
    await update_all(repository.connection, changed)
    return responses


async def _read(repository: "Repository", entry: Entry) -> Response:
    if entry.id:
        resource = await repository.read(entry.type, entry.id)
        return {"resource": resource, **_response("200 OK", resource)}
    page = await repository.search(entry.type, entry.query)
    return {"resource": searchset(page), "response": {"status": "200 OK"}}


def searchset(page: SearchPage) -> Resource:
    """The Bundle of type searchset for a page, without links."""
    entries = [{"resource": r, "search": {"mode": "match"}} for r in page.resources]
    entries += [{"resource": r, "search": {"mode": "include"}} for r in page.included]
    if page.warnings:
        outcome = FhirError(issues=page.warnings).outcome()
        entries.append({"resource": outcome, "search": {"mode": "outcome"}})
    total = {} if page.total is None else {"total": page.total}
    return {"resourceType": "Bundle", "type": "searchset", **total, **({"entry": entries} if entries else {})}


def _response(status: str, resource: Resource) -> Response:
    meta = resource["meta"]
    location = f"{resource['resourceType']}/{resource['id']}/_history/{meta['versionId']}"
    return {
        "response": {
            "status": status,
            "location": location,
            "etag": f'W/"{meta["versionId"]}"',
            "lastModified": meta["lastUpdated"],
        }
    }


async def _located(entry: Entry, action: Awaitable[T]) -> T:
    """What an action gives; its errors name the entry."""
    try:
        return await action
    except FhirError as error:
        raise entry.located(error) from error
