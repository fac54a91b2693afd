"""Reads the entries of a transaction or batch bundle (FHIR R4, Bundle; RESTful API, transaction)."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, FhirError, Issue
from xinglin.fhir.types import Resource

METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
"""The methods in the order in which a transaction carries them out."""

WRITES = frozenset({"POST", "PUT", "PATCH"})
"""Methods that need a resource."""

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_VERSION = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Target:
    """What an entry's URL points to: `Type/id/_history/version?query`, each part where it is given.

    `type` is "" for the history of the whole store; `history` tells that versions are asked for. `operation` is the
    name of an operation that is called on what stands before it, `Type/id/$name`.
    """

    type: str = ""
    id: str | None = None
    history: bool = False
    version: int | None = None
    query: str = ""
    operation: str = ""


@dataclass(slots=True)
class Entry:
    """What one entry asks for. `resource` is replaced as its references become known; `id` once it has one."""

    index: int
    method: str
    target: Target
    resource: Resource = field(default_factory=dict)
    full_url: str | None = None
    if_match: int | None = None
    if_none_exist: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    id: str | None = None
    changes: bool = field(init=False)
    """Whether a version is to be written from `resource`."""
    must_be_new: bool = field(init=False, default=False)
    """Whether the id must be free: a conditional update that found nothing."""

    def __post_init__(self) -> None:
        self.id = self.target.id
        self.changes = self.method in WRITES and not self.target.operation

    @property
    def type(self) -> str:
        """The resource type that the entry is about."""
        return self.target.type

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in ("GET", "HEAD") or bool(self.target.operation)

    @property
    def condition(self) -> str | None:
        """The search by which the resource to change is found."""
        return self.target.query if self.method in ("PUT", "PATCH", "DELETE") and not self.target.id else None

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
    target = read_url(url) if isinstance(url, str) else None
    if target is None:
        accepted = (
            "Type, Type/id, Type?search, to read also Type/id/_history and Type/id/_history/version, and operations: "
            "$name, Type/$name, Type/id/$name"
        )
        raise _refused(path, ".request.url", f"{url!r} is not accepted here; accepted are {accepted}")
    if text := _misdirected(method, target):
        raise _refused(path, ".request.url", f"{method} {url}: {text}")
    resource, full_url = entry.get("resource"), entry.get("fullUrl")
    if method in WRITES and not target.operation:
        _check_resource(path, method, target, resource)
    return Entry(
        index,
        method,
        target,
        resource if isinstance(resource, dict) else {},
        full_url if isinstance(full_url, str) else None,
        _version(path, request.get("ifMatch")),
        _text(path, request, "ifNoneExist") if method == "POST" else None,
        _text(path, request, "ifNoneMatch"),
        _moment(path, request),
    )


def read_url(url: str) -> Target | None:
    """What a URL relative to the server's base points to; None where it is none that a bundle may use."""
    name, _, query = url.removeprefix("/").partition("?")
    parts = name.split("/")
    operation = parts.pop()[1:] if parts[-1].startswith("$") else ""
    type = "" if not parts or parts[0] == "_history" else parts.pop(0)
    if type and type not in resource_types():
        return None
    id = parts.pop(0) if type and parts and parts[0] != "_history" else None
    if id is not None and not _ID.fullmatch(id):
        return None
    if not parts:
        return Target(type, id, query=query, operation=operation)
    if operation or parts[0] != "_history" or len(parts) > 2 or (len(parts) == 2 and id is None):
        return None
    if len(parts) == 1:
        return Target(type, id, history=True, query=query)
    return Target(type, id, True, int(parts[1]), query) if _VERSION.fullmatch(parts[1]) else None


def _misdirected(method: str, target: Target) -> str | None:
    """Why this method can't go with this URL."""
    if method in ("GET", "HEAD"):
        return None
    if target.operation:
        return None if method == "POST" else "an operation is called by GET or POST"
    if target.history:
        return "a history can only be read"
    if method == "POST":
        return "accepted is Type; a condition stands in ifNoneExist" if target.id or target.query else None
    if bool(target.id) == bool(target.query):
        return "accepted are Type/id and Type?search"
    return None


def _check_resource(path: str, method: str, target: Target, resource: Any) -> None:
    if not isinstance(resource, dict):
        raise _refused(path, ".resource", f"{method} needs a resource", "required")
    kind, id = resource.get("resourceType"), resource.get("id")
    if method == "PATCH":
        if kind not in ("Binary", "Parameters"):
            text = f"a PATCH needs a Binary with a JSON Patch, or Parameters with a FHIRPath Patch, not {kind!r}"
            raise _refused(path, ".resource", text)
    elif kind != target.type:
        raise _refused(path, ".resource", f"the request is for {target.type}, the resource is {kind!r}")
    elif method == "PUT" and target.id and id != target.id:
        raise _refused(path, ".resource.id", f"the request is for {target.type}/{target.id}, the id is {id!r}")


def _text(path: str, request: dict[str, Any], name: str) -> str | None:
    value = request.get(name)
    if value is not None and not isinstance(value, str):
        raise _refused(path, f".request.{name}", f"{name} must be a string", "structure")
    return value


def _moment(path: str, request: dict[str, Any]) -> datetime | None:
    value = _text(path, request, "ifModifiedSince")
    try:
        moment = None if value is None else datetime.fromisoformat(value)
    except ValueError as error:
        raise _refused(path, ".request.ifModifiedSince", f"{value!r} is not an instant", "value") from error
    if moment is not None and moment.tzinfo is None:
        raise _refused(path, ".request.ifModifiedSince", f"{value!r} has no time zone, which an instant needs", "value")
    return moment


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
