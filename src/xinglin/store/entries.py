"""Reads the entries of a transaction or batch bundle (FHIR R4, Bundle; RESTful API, transaction)."""

import re
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, FhirError, Issue
from xinglin.fhir.types import Resource

METHODS = ("DELETE", "POST", "PUT", "GET")
"""The methods in the order in which a transaction carries them out."""

_URL = re.compile(r"([A-Z][A-Za-z]+)(?:/([A-Za-z0-9\-.]{1,64}))?(?:\?(.*))?", re.DOTALL)


@dataclass(slots=True)
class Entry:
    """What one entry asks for. `resource` is replaced as its references become known; `id` once it has one."""

    index: int
    method: str
    type: str
    id: str | None
    query: str
    resource: Resource
    full_url: str | None
    if_match: int | None
    if_none_exist: str | None

    @property
    def path(self) -> str:
        """The FHIRPath of the entry's resource."""
        return f"Bundle.entry[{self.index}].resource"

    def located(self, error: FhirError) -> FhirError:
        """The same error, with its issues below this entry."""
        return type(error)(issues=[issue.below(self.path) for issue in error.issues])


def read_entries(bundle: Resource) -> list[Entry]:
    """The entries of a bundle. Raises `BadRequest` with an issue for each entry that can't be understood."""
    entries: list[Entry] = []
    issues: list[Issue] = []
    listed = bundle.get("entry", [])
    if not isinstance(listed, list):
        raise BadRequest("entry must be a JSON array", expression="Bundle.entry", code="structure")
    for index, entry in enumerate(listed):
        try:
            entries.append(read_entry(index, entry))
        except BadRequest as error:
            issues += error.issues
    if issues:
        raise BadRequest(issues=issues)
    return entries


def read_entry(index: int, entry: Any) -> Entry:
    """One entry. Raises `BadRequest` that names the element at fault."""
    path = f"Bundle.entry[{index}]"
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        raise _refused(path, ".request", "an entry must have a request with method and url", "required")
    method, url = request.get("method"), request.get("url")
    if method not in METHODS:
        raise _refused(path, ".request.method", f"{method!r} is not supported; accepted are {', '.join(METHODS)}")
    match = _URL.fullmatch(url) if isinstance(url, str) else None
    if match is None or match[1] not in resource_types():
        raise _refused(
            path, ".request.url", f"{url!r} is not accepted here; accepted are Type, Type/id and Type?search"
        )
    type, id, query = match[1], match[2], match[3] or ""
    if (method in ("PUT", "DELETE")) != (id is not None) and method != "GET":
        raise _refused(path, ".request.url", f"{method} needs {'Type' if method == 'POST' else 'Type/id'}, not {url}")
    if query and (method != "GET" or id):
        raise _refused(path, ".request.url", f"{method} {url} with a search is not supported", "not-supported")
    resource = entry.get("resource")
    if method in ("POST", "PUT"):
        _check_resource(path, method, type, id, resource)
    full_url = entry.get("fullUrl")
    return Entry(
        index,
        method,
        type,
        id,
        query,
        resource if isinstance(resource, dict) else {},
        full_url if isinstance(full_url, str) else None,
        _version(path, request.get("ifMatch")),
        request.get("ifNoneExist") if method == "POST" else None,
    )


def _check_resource(path: str, method: str, type: str, id: str | None, resource: Any) -> None:
    if not isinstance(resource, dict):
        raise _refused(path, ".resource", f"{method} needs a resource", "required")
    if resource.get("resourceType") != type:
        raise _refused(
            path, ".resource", f"the request is for {type}, the resource is {resource.get('resourceType')!r}"
        )
    if method == "PUT" and resource.get("id") != id:
        raise _refused(path, ".resource.id", f"the request is for {type}/{id}, the id is {resource.get('id')!r}")


def _version(path: str, etag: Any) -> int | None:
    if etag is None:
        return None
    try:
        return parse_etag(etag)
    except ValueError as error:
        raise _refused(path, ".request.ifMatch", str(error)) from error


def parse_etag(etag: Any) -> int:
    """The version in an ETag such as W/"3". Raises ValueError."""
    match = re.fullmatch(r'(?:W/)?"?([0-9]{1,9})"?', etag) if isinstance(etag, str) else None
    if match is None:
        raise ValueError(f'{etag!r} is not a version; accepted is W/"3"')
    return int(match[1])


def _refused(path: str, element: str, text: str, code: str = "invalid") -> BadRequest:
    return BadRequest(issues=[Issue("error", code, text, path + element)])
