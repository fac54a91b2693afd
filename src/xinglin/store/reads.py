"""What the entries of a bundle read that change nothing: GET, HEAD, and calls of operations."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.fhir.types import Resource
from xinglin.store.entries import Entry
from xinglin.store.history import HistoryEntry, HistoryPage, parse_history
from xinglin.store.searching import SearchPage
from xinglin.store.versions import Version

if TYPE_CHECKING:
    from xinglin.store.repository import Repository


async def read(repository: "Repository", entry: Entry) -> Resource:
    """The response entry for what a bundle's entry wants to read; HEAD gets the response without the resource."""
    answer = await _read(repository, entry)
    if entry.method == "HEAD":
        answer.pop("resource", None)
    return answer


async def _read(repository: "Repository", entry: Entry) -> Resource:
    target = entry.target
    if target.operation:
        if repository.operations is None:
            raise BadRequest(f"${target.operation} is not supported in a bundle here", code="not-supported")
        return {"resource": await repository.operations(entry), "response": {"status": "200 OK"}}
    if target.id and (not target.history or target.version):
        if target.version:
            version = await repository.vread_raw(target.type, target.id, target.version)
        else:
            version = await repository.read_raw(target.type, target.id)
        response = {"etag": f'W/"{version.version}"', "lastModified": instant(version.updated)}
        if unchanged(version, entry.if_none_match, entry.if_modified_since):
            return {"response": {"status": "304 Not Modified", **response}}
        return {"resource": json.loads(version.content or b"null"), "response": {"status": "200 OK", **response}}
    params = parse_qsl(target.query, keep_blank_values=True)
    if target.history:
        query = parse_history(params, repository.zone, type=target.type or None, id=target.id)
        return {"resource": history(await repository.history_page(query)), "response": {"status": "200 OK"}}
    if not target.type:
        raise BadRequest("A search over all types is not supported in a bundle", code="not-supported")
    return {"resource": searchset(await repository.search(target.type, params)), "response": {"status": "200 OK"}}


def unchanged(version: Version, none_match: str | None, modified_since: datetime | None) -> bool:
    """Whether the caller has this version already: by its ETag, else by its time, which HTTP tells in seconds
    (RFC 9110, 13.1.2 and 13.1.3)."""
    if none_match is not None:
        known = [part.strip() for part in none_match.split(",")]
        return "*" in known or any(f'{weak}"{version.version}"' in known for weak in ("W/", ""))
    return modified_since is not None and version.updated.replace(microsecond=0) <= modified_since


def instant(moment: datetime) -> str:
    """A moment as FHIR's instant."""
    return moment.astimezone(UTC).isoformat("T", "milliseconds")


def searchset(page: SearchPage, base: str = "", *, as_stored: bool = False) -> Resource:
    """The Bundle of type searchset for a page, without links.

    `base` is the server's address, for the full URLs; `as_stored` passes the JSON texts on unread.
    """
    entries = [
        {
            **({"fullUrl": f"{base}{found.name}"} if base else {}),
            "resource": found.passed_on(as_stored=as_stored),
            "search": {"mode": mode},
        }
        for mode, several in (("match", page.matches), ("include", page.includes))
        for found in several
    ]
    if page.warnings:
        outcome = FhirError(issues=page.warnings).outcome()
        entries.append({"resource": outcome, "search": {"mode": "outcome"}})
    total = {} if page.total is None else {"total": page.total}
    return {"resourceType": "Bundle", "type": "searchset", **total, **({"entry": entries} if entries else {})}


def history(page: HistoryPage, base: str = "", content: Callable[[bytes], Any] = json.loads) -> Resource:
    """The Bundle of type history for a page, deletions without a resource, without links.

    `base` is the server's address, for the full URLs; `content` makes of the stored JSON text what stands as resource.
    """
    total = {} if page.total is None else {"total": page.total}
    entries = [_history_entry(entry, base, content) for entry in page.entries]
    return {"resourceType": "Bundle", "type": "history", **total, **({"entry": entries} if entries else {})}


def _history_entry(entry: HistoryEntry, base: str, content: Callable[[bytes], Any]) -> Resource:
    version, name = entry.version, f"{entry.type}/{entry.id}"
    method = "DELETE" if version.deleted else "POST" if version.version == 1 else "PUT"
    made: Resource = {"fullUrl": f"{base}{name}"} if base else {}
    if version.content is not None:
        made["resource"] = content(version.content)
    made["request"] = {"method": method, "url": entry.type if method == "POST" else name}
    made["response"] = {
        "status": {"DELETE": "204", "POST": "201", "PUT": "200"}[method],
        "etag": f'W/"{version.version}"',
        "lastModified": instant(version.updated),
    }
    return made
