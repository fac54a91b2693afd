"""Makes the answers to FHIR requests: resources with their version headers, bundles, OperationOutcomes."""

from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from xinglin.fhir import json
from xinglin.fhir.outcome import FhirError
from xinglin.fhir.search.grammar import CURSOR
from xinglin.fhir.types import Resource
from xinglin.store.bundles import searchset
from xinglin.store.repository import SearchPage, Version

MEDIA_TYPE = "application/fhir+json"


def base_url(request: Request) -> str:
    """The address of the FHIR server, wherever it is mounted, with a slash at its end."""
    return str(request.url.replace(path=f"{request.scope.get('root_path', '')}/", query="", fragment=""))


def answer(resource: Resource, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A resource as the body."""
    return Response(json.dumps(resource), status, headers, MEDIA_TYPE)


def failure(error: FhirError) -> Response:
    """The OperationOutcome of an error, with its status."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return answer(error.outcome(), error.status, headers)


def version_headers(version: str | int, updated: datetime) -> dict[str, str]:
    """ETag and Last-Modified of a version."""
    return {"ETag": f'W/"{version}"', "Last-Modified": format_datetime(updated, usegmt=True)}


def stored(request: Request, version: Version) -> Response:
    """A version as it is stored, or 304 where the caller has it already (`If-None-Match`)."""
    headers = version_headers(version.version, version.updated)
    known = [part.strip() for part in request.headers.get("if-none-match", "").split(",")]
    if headers["ETag"] in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(version.content, 200, headers, MEDIA_TYPE)


def written(request: Request, resource: Resource, *, new: bool, prefers: str) -> Response:
    """The answer to a create or update: where it is now, and as much of it as the caller prefers."""
    meta = resource["meta"]
    name = f"{resource['resourceType']}/{resource['id']}/_history/{meta['versionId']}"
    headers = version_headers(meta["versionId"], datetime.fromisoformat(meta["lastUpdated"]))
    headers["Location"] = f"{base_url(request)}{name}"
    status = 201 if new else 200
    if prefers == "minimal":
        return Response(status_code=status, headers=headers)
    if prefers == "OperationOutcome":
        issue = {"severity": "information", "code": "informational", "diagnostics": f"{name} is stored"}
        return answer({"resourceType": "OperationOutcome", "issue": [issue]}, status, headers)
    return answer(resource, status, headers)


def search_bundle(request: Request, type: str, params: list[tuple[str, str]], page: SearchPage) -> Resource:
    """The searchset for a page, with full URLs, and links to this page and the next."""
    bundle = searchset(page)
    base = f"{base_url(request)}{type}"
    kept = [(name, value) for name, value in params if name != CURSOR]
    links = [{"relation": "self", "url": f"{base}?{urlencode(params)}" if params else base}]
    if page.next is not None:
        links.append({"relation": "next", "url": f"{base}?{urlencode([*kept, (CURSOR, page.next)])}"})
    bundle["link"] = links
    for entry in bundle.get("entry", ()):
        resource = entry["resource"]
        if "id" in resource:
            entry["fullUrl"] = f"{base_url(request)}{resource['resourceType']}/{resource['id']}"
    return bundle


def history_bundle(request: Request, type: str, id: str, versions: list[Version]) -> Resource:
    """The history of one resource, newest first, deletions without a resource (FHIR R4, RESTful API, history)."""
    entries = []
    for version in versions:
        name = f"{type}/{id}"
        method = "DELETE" if version.deleted else "POST" if version.version == 1 else "PUT"
        entry: Resource = {
            "fullUrl": f"{base_url(request)}{name}",
            "request": {"method": method, "url": type if method == "POST" else name},
            "response": {
                "status": {"DELETE": "204", "POST": "201", "PUT": "200"}[method],
                "etag": f'W/"{version.version}"',
                "lastModified": version.updated.isoformat("T", "milliseconds"),
            },
        }
        if version.resource is not None:
            entry["resource"] = version.resource
        entries.append(entry)
    links = [{"relation": "self", "url": str(request.url)}]
    return {"resourceType": "Bundle", "type": "history", "total": len(entries), "link": links, "entry": entries}
