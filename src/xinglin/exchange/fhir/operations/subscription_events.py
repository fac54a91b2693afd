"""`$events`: what a Subscription to a topic was told of (Subscriptions R5 Backport, backport-subscription-events).

Whoever missed a number asks for it here. Events are kept for some days, and shown as the caller may see them.
"""

from xinglin.exchange.fhir import responses
from xinglin.exchange.fhir.notifications import notification, shown
from xinglin.exchange.fhir.operations.registry import INSTANCE, Call, Operation
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.store import subscribing, subscription_events
from xinglin.store.topics import CONTENTS

QUERY = "query-event"


async def read(call: Call) -> Resource:
    """A notification with the events from `eventsSinceNumber` to `eventsUntilNumber`, both included; `content` may be
    another than the Subscription's. Raises `NotFound`, `BadRequest`."""
    assert call.id is not None
    repository, inputs = call.repository, call.inputs
    await repository.read(subscribing.TYPE, call.id)
    found = await subscribing.find(repository.connection, call.id)
    if found is None or found.topic is None:
        raise BadRequest(f"Subscription/{call.id} has criteria of R4 and names no topic", code="not-supported")
    content = inputs.text("content") or found.content or CONTENTS[0]
    if content not in CONTENTS:
        raise BadRequest(f"content={content}: accepted are {', '.join(CONTENTS)}", code="value")
    since, until = inputs.number("eventsSinceNumber"), inputs.number("eventsUntilNumber")
    events = await subscription_events.between(
        repository.connection, found.id, 1 if since is None else since, found.events if until is None else until
    )
    told = []
    for each in events:
        # Of what is gone only those are told whom nothing of its type is hidden from.
        everything = not (await repository.visible(each.type, "history")).sql
        told.append(await shown(repository, each, content, deletions=everything))
    return notification(found, QUERY, told, responses.base_url(call.request), repository.now)


EVENTS = Operation(
    "events",
    (INSTANCE,),
    read,
    types=frozenset({subscribing.TYPE}),
    parameters=("eventsSinceNumber", "eventsUntilNumber", "content"),
    definition="http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events",
)
