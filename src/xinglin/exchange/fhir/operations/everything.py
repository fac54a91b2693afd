"""`Patient/id/$everything`: a patient's whole record, page by page (FHIR R4, Patient, $everything)."""

from datetime import datetime

from xinglin.exchange.fhir import requests, responses
from xinglin.exchange.fhir.operations.registry import INSTANCE, Call, Operation
from xinglin.fhir.definitions import resource_types
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.dates import span
from xinglin.fhir.types import Resource
from xinglin.store.everything import everything

COUNT, MOST = 100, 1000
"""Resources on a page where `_count` is not given, and at most."""


async def handle(call: Call) -> Resource:
    """The patient, what refers to the patient, and what is needed to understand it."""
    assert call.type is not None and call.id is not None  # noqa: PT018
    patient = await call.repository.read(call.type, call.id)
    after = call.inputs.number("_cursor") or 0
    types = _types(call)
    page = await everything(
        call.repository,
        patient,
        types=types,
        since=_since(call),
        after=after,
        count=max(1, min(call.inputs.number("_count") or COUNT, MOST)),
    )
    first = [patient] if after == 0 and (not types or call.type in types) else []
    entries = [_entry(call, resource, "match") for resource in (*first, *page.matches)]
    entries += [_entry(call, resource, "include") for resource in page.needed]
    following = None if page.next is None else str(page.next)
    path = f"{call.type}/{call.id}/$everything"
    links = responses.links(call.request, path, requests.parameters(call.request), following)
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
        **({"entry": entries} if entries else {}),
    }


def _entry(call: Call, resource: Resource, mode: str) -> Resource:
    url = f"{responses.base_url(call.request)}{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}


def _types(call: Call) -> list[str]:
    names = [name for value in call.inputs.all("_type") for name in str(value).split(",")]
    if unknown := [name for name in names if name not in resource_types()]:
        raise BadRequest(f"_type: {', '.join(unknown)} is not a resource type of FHIR R4")
    return names


def _since(call: Call) -> datetime | None:
    text = call.inputs.text("_since")
    try:
        return None if text is None else span(text.replace(" ", "+"), call.repository.zone).low
    except ValueError as error:
        raise BadRequest(f"_since: {error}; accepted is 2026-11-23T08:30:00+08:00") from error


EVERYTHING = Operation(
    "everything",
    (INSTANCE,),
    handle,
    types=frozenset({"Patient"}),
    parameters=("_type", "_since", "_count", "_cursor"),
)
