"""`$status`: how Subscriptions to topics stand (Subscriptions R5 Backport, backport-subscription-status)."""

from uuid import uuid4

from xinglin.exchange.fhir import responses
from xinglin.exchange.fhir.notifications import status
from xinglin.exchange.fhir.operations.registry import INSTANCE, TYPE, Call, Operation
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.fhir.types import Resource
from xinglin.store import subscribing

QUERY = "query-status"
MOST = 1000
"""Subscriptions that are looked at where none is named."""


async def read(call: Call) -> Resource:
    """A searchset with the status of the Subscription, or of those that are named by `id` or have one of the wanted
    `status`. Raises `NotFound`, `BadRequest`."""
    base, wanted = responses.base_url(call.request), call.inputs.all("status")
    entries = []
    for resource in await _asked_for(call):
        found = await subscribing.find(call.repository.connection, resource["id"])
        if found is None or found.topic is None:
            if call.id:
                raise BadRequest(f"Subscription/{call.id} has criteria of R4 and names no topic", code="not-supported")
            continue
        if not wanted or found.status in wanted:
            told = status(found, QUERY, [], base, resource.get("error"))
            entries.append({"fullUrl": f"urn:uuid:{uuid4()}", "resource": told, "search": {"mode": "match"}})
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return {**bundle, "entry": entries} if entries else bundle


async def _asked_for(call: Call) -> list[Resource]:
    """The Subscriptions that are asked for, as far as the caller may see them."""
    if call.id:
        return [await call.repository.read(subscribing.TYPE, call.id)]
    if ids := call.inputs.all("id"):
        found = await call.repository.read_many([(subscribing.TYPE, str(id)) for id in ids])
        if missing := [str(id) for id in ids if f"{subscribing.TYPE}/{id}" not in found]:
            raise NotFound(f"There is no Subscription/{', Subscription/'.join(missing)}")
        return list(found.values())
    return (await call.repository.search(subscribing.TYPE, [("_count", str(MOST))])).resources


STATUS = Operation(
    "status",
    (INSTANCE, TYPE),
    read,
    types=frozenset({subscribing.TYPE}),
    parameters=("id", "status"),
    definition="http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status",
)
