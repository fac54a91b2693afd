"""Reads what a FHIR request carries: its body within a limit, versions, conditions and preferences."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

from starlette.requests import Request

from xinglin.exchange.fhir import formats
from xinglin.exchange.fhir.formats import UnsupportedMediaType
from xinglin.fhir import json
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest, FhirError, NotFound
from xinglin.fhir.search.query import Shape
from xinglin.fhir.search.results import read_shape
from xinglin.fhir.types import Resource
from xinglin.store import patch
from xinglin.store.entries import parse_etag
from xinglin.store.fhirpath_patch import fhirpath_patch

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes that a request's body may have."""

GENERAL = frozenset({"_format", "_pretty"})
"""Parameters that every request may have: they say how the answer is written."""


class TooLarge(FhirError):
    """The body is larger than the server takes."""

    status, code = 413, "too-long"


class NotSupported(FhirError):
    """The path exists, but not with this method."""

    status, code = 405, "not-supported"


async def read_body(request: Request, limit: int) -> bytes:
    """The body; kept with the request, which may be carried out again. Raises `TooLarge` as soon as it is longer than
    `limit`."""
    known: bytes | None = getattr(request.state, "fhir_body", None)
    if known is not None:
        return known
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(f"The body has more than {limit:,} bytes, the most that is accepted")
        parts.append(part)
    request.state.fhir_body = b"".join(parts)
    return b"".join(parts)


async def read_resource(request: Request, limit: int) -> Resource:
    """The resource in the body. Raises `UnsupportedMediaType`, `TooLarge` or `BadRequest`."""
    format = formats.of_body(request.headers.get("content-type"))
    resource = format.read(await read_body(request, limit))
    if not isinstance(resource, dict):
        raise BadRequest("The body must hold a resource: in JSON, a JSON object", code="structure")
    return resource


async def read_patch(request: Request, limit: int) -> patch.Patch:
    """The patch in the body. Raises `UnsupportedMediaType`, `TooLarge` or `BadRequest`."""
    media = formats.plain(request.headers.get("content-type"))
    if media in patch_formats():
        resource = await read_resource(request, limit)
        if resource.get("resourceType") != "Parameters":
            raise UnsupportedMediaType(f"A FHIRPath Patch is a Parameters resource; a JSON Patch is {patch.MEDIA_TYPE}")
        return fhirpath_patch(resource)
    if media != patch.MEDIA_TYPE:
        accepted = ", ".join((patch.MEDIA_TYPE, *patch_formats()))
        raise UnsupportedMediaType(f"{media!r} is not a patch; accepted are {accepted}")
    try:
        return patch.json_patch(json.loads(await read_body(request, limit)))
    except json.JsonError as error:
        raise BadRequest(str(error), code="structure") from error


def patch_formats() -> list[str]:
    """The formats in which a FHIRPath Patch may come."""
    return [format.media_type for format in formats.FORMATS]


async def read_form(request: Request, limit: int) -> list[tuple[str, str]]:
    """The fields of a form in the body. Raises `UnsupportedMediaType`, `TooLarge` or `BadRequest`."""
    media = formats.plain(request.headers.get("content-type"))
    if media != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType(f"{media!r} is not read; accepted is application/x-www-form-urlencoded")
    body = await read_body(request, limit)
    try:
        return parse_qsl(body.decode(), keep_blank_values=True)
    except ValueError as error:
        raise BadRequest(f"The form can't be read: {error}") from error


def type_of(request: Request) -> str:
    """The resource type of the path. Raises `NotFound` for one that R4 doesn't have."""
    name: str = request.path_params["type"]
    if name not in resource_types():
        raise NotFound(f"{name} is not a resource type of FHIR R4", code="not-supported")
    return name


def parameters(request: Request) -> list[tuple[str, str]]:
    """The query's parameters without those on how the answer is written."""
    return [(name, value) for name, value in request.query_params.multi_items() if name not in GENERAL]


def general(request: Request) -> list[tuple[str, str]]:
    """The query's parameters on how the answer is written."""
    return [(name, value) for name, value in request.query_params.multi_items() if name in GENERAL]


def condition(request: Request) -> str:
    """The search that names what is to be changed. Raises `BadRequest` where there is none."""
    pairs = [part for part in request.url.query.split("&") if part.partition("=")[0] not in GENERAL]
    if not any(pairs):
        raise BadRequest(f"{request.method} without an id needs a search that finds the resource: ?identifier=...")
    return "&".join(pairs)


def if_match(request: Request) -> int | None:
    """The version that `If-Match` names; None where it is absent. Raises `BadRequest` where it names none."""
    header = request.headers.get("if-match")
    try:
        return None if header is None else parse_etag(header.strip())
    except ValueError as error:
        raise BadRequest(f"If-Match: {error}") from error


def if_modified_since(request: Request) -> datetime | None:
    """The moment of `If-Modified-Since`; None where it is absent or no date, which RFC 9110 (13.1.3) has ignored."""
    try:
        moment = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def prefers(request: Request) -> str | None:
    """What `Prefer: return=` asks for: minimal, representation or OperationOutcome."""
    return preference(request, "return", ("minimal", "representation", "OperationOutcome"))


def shape(request: Request, type: str) -> Shape:
    """What `_summary` and `_elements` leave of a resource. Raises `BadRequest`."""
    given = request.query_params
    found, counted = read_shape(type, given.getlist("_summary"), given.getlist("_elements"))
    if counted:
        raise BadRequest("_summary=count is for searches; a read gives one resource")
    return found


def lenient(request: Request) -> bool:
    """Whether unknown search parameters are to be left out instead of refused (`Prefer: handling=lenient`)."""
    return preference(request, "handling", ("strict", "lenient")) == "lenient"


def preference(request: Request, wanted: str, accepted: tuple[str, ...]) -> str | None:
    """The value of one preference (RFC 7240); None where it is absent or another than is accepted."""
    for part in request.headers.get("prefer", "").replace(";", ",").split(","):
        name, _, value = part.strip().partition("=")
        if name == wanted and value in accepted:
            return value
    return None
