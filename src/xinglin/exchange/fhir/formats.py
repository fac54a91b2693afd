"""The formats in which resources come and go. Whatever stands in `FORMATS` is read, written and advertised."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.requests import Request

from xinglin.fhir import json, xml
from xinglin.fhir.outcome import BadRequest, FhirError
from xinglin.fhir.types import Json, Resource


class NotAcceptable(FhirError):
    """The answer is wanted in a format that is not offered."""

    status, code = 406, "not-supported"


class UnsupportedMediaType(FhirError):
    """The body is in a format that is not read."""

    status, code = 415, "not-supported"


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `names` are what callers call it; `write` may be told to be easy on the eye."""

    media_type: str
    names: frozenset[str]
    read: Callable[[bytes], Json]
    write: Callable[[Resource, bool], bytes]
    stored: bool = False
    """Whether the store keeps resources in this format, so that a read needs no conversion."""


def _read_json(body: bytes) -> Json:
    try:
        return json.loads(body)
    except json.JsonError as error:
        raise BadRequest(str(error), code="structure") from error


def _write_json(resource: Resource, pretty: bool) -> bytes:
    return json.dumps(resource, pretty=pretty)


JSON = Format(
    "application/fhir+json",
    frozenset({"json", "text/json", "application/json", "application/fhir+json"}),
    _read_json,
    _write_json,
    stored=True,
)

XML = Format(
    "application/fhir+xml",
    frozenset({"xml", "text/xml", "application/xml", "application/fhir+xml"}),
    xml.loads,
    lambda resource, pretty: xml.dumps(resource, pretty=pretty),
)

FORMATS: tuple[Format, ...] = (JSON, XML)
"""What is offered, the default first."""

_ANY = frozenset({"", "*/*", "application/*", "text/html"})
"""Ranges that every format is in; a browser that asks for a page gets the default too."""


def wanted(request: Request) -> Format:
    """The format that `_format`, else the Accept header, asks for (RFC 9110, 12.5.1). Raises `NotAcceptable`."""
    named = request.query_params.get("_format")
    if named is not None:
        # A plus sign that was not escaped arrives as a space.
        found = _named(named.partition(";")[0].strip().lower().replace(" ", "+"))
        if found is None:
            raise NotAcceptable(f"_format={named} is not offered; accepted are {_offered()}")
        return found
    header = request.headers.get("accept", "")
    for range in _ranges(header):
        if range in _ANY:
            return FORMATS[0]
        if found := _named(range):
            return found
    raise NotAcceptable(f"{header} is not offered; accepted are {_offered()}")


def of_body(media_type: str | None) -> Format:
    """The format of a body with this Content-Type. Raises `UnsupportedMediaType`."""
    name = plain(media_type or FORMATS[0].media_type)
    found = _named(name)
    if found is None:
        raise UnsupportedMediaType(f"{name!r} is not read; accepted are {_offered()}")
    return found


def plain(media_type: str | None) -> str:
    """A media type without its parameters."""
    return (media_type or "").partition(";")[0].strip().lower()


def _ranges(header: str) -> Iterable[str]:
    """The media ranges of an Accept header, the most wanted first; those of quality 0 are left out."""
    found: list[tuple[float, int, str]] = []
    for part in header.split(","):
        name, *parameters = part.split(";")
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.strip().partition("=")
            if key == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if quality > 0:
            found.append((-quality, len(found), name.strip().lower()))
    return [name for *_order, name in sorted(found)]


def _named(name: str) -> Format | None:
    return next((format for format in FORMATS if name in format.names), None)


def _offered() -> str:
    return ", ".join(format.media_type for format in FORMATS)
