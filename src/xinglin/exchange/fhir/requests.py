"""Reads what a FHIR request carries: its body within a limit, its formats, versions and preferences."""

from starlette.requests import Request

from xinglin.fhir import json
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.fhir.types import Resource
from xinglin.store.entries import parse_etag

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes that a request's body may have."""

_FORMATS = frozenset({"json", "application/json", "application/fhir+json"})
_READABLE = ("", "*/*", "application/*", "text/html", *_FORMATS)


class TooLarge(FhirError):
    """The body is larger than the server takes."""

    status, code = 413, "too-long"


class NotAcceptable(FhirError):
    """The answer is wanted in a format that is not offered."""

    status, code = 406, "not-supported"


class UnsupportedMediaType(FhirError):
    """The body is in a format that is not read."""

    status, code = 415, "not-supported"


def check_accepted(request: Request) -> None:
    """Raises `NotAcceptable` where `_format`, or else every format of the Accept header, is another than JSON."""
    wanted = request.query_params.get("_format")
    header = request.headers.get("accept", "")
    formats = [wanted] if wanted is not None else [part.partition(";")[0].strip().lower() for part in header.split(",")]
    if not any(name in _READABLE for name in formats):
        raise NotAcceptable(f"{wanted or header} is not offered; accepted is application/fhir+json")


async def read_body(request: Request, limit: int) -> bytes:
    """The body. Raises `TooLarge` as soon as it is longer than `limit`."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(f"The body has more than {limit:,} bytes, the most that is accepted")
        parts.append(part)
    return b"".join(parts)


async def read_resource(request: Request, limit: int) -> Resource:
    """The resource in the body. Raises `UnsupportedMediaType`, `TooLarge` or `BadRequest`."""
    media = request.headers.get("content-type", "application/fhir+json").partition(";")[0].strip().lower()
    if media not in _FORMATS:
        raise UnsupportedMediaType(f"{media} is not read; accepted is application/fhir+json")
    try:
        resource = json.loads(await read_body(request, limit))
    except json.JsonError as error:
        raise BadRequest(str(error), code="structure") from error
    if not isinstance(resource, dict):
        raise BadRequest("The body must be a JSON object with a resource", code="structure")
    return resource


def if_match(request: Request) -> int | None:
    """The version that `If-Match` names. Raises `BadRequest` where it names none."""
    header = request.headers.get("if-match")
    try:
        return None if header is None else parse_etag(header)
    except ValueError as error:
        raise BadRequest(f"If-Match: {error}") from error


def prefers(request: Request) -> str:
    """What `Prefer: return=` asks for: minimal, representation or OperationOutcome."""
    for part in request.headers.get("prefer", "").replace(";", ",").split(","):
        name, _, value = part.strip().partition("=")
        if name == "return" and value in ("minimal", "OperationOutcome"):
            return value
    return "representation"
