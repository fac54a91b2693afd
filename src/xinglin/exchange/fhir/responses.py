"""Makes the answers to FHIR requests: resources with their version headers, bundles, OperationOutcomes."""

from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from xinglin.exchange.fhir import formats, requests
from xinglin.fhir import json
from xinglin.fhir.outcome import FhirError
from xinglin.fhir.search.grammar import CURSOR
from xinglin.fhir.search.query import Shape
from xinglin.fhir.search.shapes import shaped
from xinglin.fhir.types import Resource
from xinglin.store import reads
from xinglin.store.history import HistoryPage
from xinglin.store.repository import SearchPage, Version


def base_url(request: Request) -> str:
    """The address of the FHIR server, wherever it is mounted, with a slash at its end."""
    return str(request.url.replace(path=f"{request.scope.get('root_path', '')}/", query="", fragment=""))


def answer(request: Request, resource: Resource, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A resource as the body, in the format that is wanted."""
    format = formats.wanted(request)
    body = format.write(resource, pretty(request))
    return Response(body, status, headers, format.media_type)


def failure(request: Request, error: FhirError) -> Response:
    """The OperationOutcome of an error, with its status; in JSON where the wanted format is not offered."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    try:
        return answer(request, error.outcome(), error.status, headers)
    except formats.NotAcceptable:
        return Response(json.dumps(error.outcome()), error.status, headers, formats.JSON.media_type)


def pretty(request: Request) -> bool:
    """Whether the answer is to be easy on the eye (`_pretty`)."""
    return request.query_params.get("_pretty") == "true"


def version_headers(version: str | int, updated: datetime) -> dict[str, str]:
    """ETag and Last-Modified of a version."""
    return {"ETag": f'W/"{version}"', "Last-Modified": format_datetime(updated, usegmt=True)}


def stored(request: Request, version: Version, shape: Shape | None = None) -> Response:
    """A version as it is stored or cut to a shape, or 304 where the caller has it already (`If-None-Match`)."""
    headers = version_headers(version.version, version.updated)
    if reads.unchanged(version, request.headers.get("if-none-match"), requests.if_modified_since(request)):
        return Response(status_code=304, headers=headers)
    if shape is not None and shape != Shape():
        return answer(request, shaped(version.resource or {}, shape), 200, headers)
    if formats.wanted(request).stored and not pretty(request):
        return Response(version.content, 200, headers, formats.wanted(request).media_type)
    return answer(request, version.resource or {}, 200, headers)


def written(request: Request, resource: Resource, *, new: bool) -> Response:
    """The answer to a create, update or patch: where it is now, and as much of it as the caller prefers."""
    meta = resource["meta"]
    name = f"{resource['resourceType']}/{resource['id']}/_history/{meta['versionId']}"
    headers = version_headers(meta["versionId"], datetime.fromisoformat(meta["lastUpdated"]))
    headers["Location"] = f"{base_url(request)}{name}"
    status = 201 if new else 200
    match requests.prefers(request):
        case "minimal":
            return Response(status_code=status, headers=headers)
        case "OperationOutcome":
            return answer(request, information(f"{name} is stored"), status, headers)
    return answer(request, resource, status, headers)


def deleted(request: Request, name: str) -> Response:
    """The answer to a delete."""
    if requests.prefers(request) == "OperationOutcome":
        return answer(request, information(f"{name} is deleted"))
    return Response(status_code=204)


def information(text: str) -> Resource:
    """An OperationOutcome of one piece of information."""
    issue = {"severity": "information", "code": "informational", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def search_bundle(request: Request, path: str, params: list[tuple[str, str]], page: SearchPage) -> Resource:
    """The searchset for a page, with full URLs, and links to this page and the next."""
    as_stored = formats.wanted(request).stored and not pretty(request)
    bundle = reads.searchset(page, base_url(request), as_stored=as_stored)
    return {**bundle, "link": links(request, path, params, page.next)}


def history_bundle(request: Request, path: str, page: HistoryPage) -> Resource:
    """The history bundle for a page; `path` is what the history is of."""
    as_stored = formats.wanted(request).stored and not pretty(request)
    bundle = reads.history(page, base_url(request), json.raw if as_stored else json.loads)
    params = requests.parameters(request)
    return {**bundle, "link": links(request, path, params, page.next)}


def links(request: Request, path: str, params: list[tuple[str, str]], following: str | None) -> list[Resource]:
    """Links to a page and, with the cursor `following`, to the one after it, in the format that `_format` asked for."""
    base = f"{base_url(request)}{path}"
    params = [*params, *requests.general(request)]
    found = [{"relation": "self", "url": f"{base}?{urlencode(params)}" if params else base}]
    if following is not None:
        kept = [(name, value) for name, value in params if name != CURSOR]
        found.append({"relation": "next", "url": f"{base}?{urlencode([*kept, (CURSOR, following)])}"})
    return found
