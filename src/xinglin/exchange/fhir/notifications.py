"""Notifications about topics: a Bundle of type history whose first entry is the status of the Subscription
(Subscriptions R5 Backport 1.1.0 for FHIR R4: backport-subscription-notification-r4, backport-subscription-status-r4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from xinglin.fhir import build, json
from xinglin.fhir.outcome import Forbidden, Gone, NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.capability import Registry
from xinglin.store import subscribing
from xinglin.store.repository import Repository
from xinglin.store.subscribing import Subscribed
from xinglin.store.subscription_events import SubscriptionEvent
from xinglin.store.topics import BACKPORT, PREFIX, Topic, topics

STATUS, NOTIFICATION = f"{BACKPORT}backport-subscription-status-r4", f"{BACKPORT}backport-subscription-notification-r4"


def offered(registry: Registry) -> dict[str, Topic]:
    """All topics of a house: those of types, and those of the events that its capabilities declare."""
    events = registry.events.values()
    return topics(Topic(f"{PREFIX}{event.name}", event.title, event.subject, event.name) for event in events)


@dataclass(frozen=True)
class Shown:
    """An event as somebody may see it: with its focus or without, and with the resource where that is wanted."""

    event: SubscriptionEvent
    focus: bool
    resource: Resource | None = None


async def shown(eyes: Repository, event: SubscriptionEvent, content: str, *, deletions: bool) -> Shown:
    """An event as `eyes` see it by now; `deletions` tells whether they may be told of what is gone."""
    if content == "empty":
        return Shown(event, False)
    if event.deleted:
        return Shown(event, deletions)
    try:
        version = await eyes.vread_raw(event.type, event.id, event.version)
    except (NotFound, Gone, Forbidden):
        return Shown(event, False)
    return Shown(event, True, json.loads(version.content or b"null") if content == "full-resource" else None)


def status(subscribed: Subscribed, kind: str, events: Sequence[Shown], base: str, error: str | None = None) -> Resource:
    """The Parameters that tell how a Subscription stands; `kind` is what is told: handshake, heartbeat,
    event-notification, query-status or query-event. `base` is the address of the FHIR server, or empty."""
    parameters: list[Resource] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}{subscribing.TYPE}/{subscribed.id}"}},
        {"name": "topic", "valueCanonical": subscribed.topic},
        {"name": "status", "valueCode": subscribed.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(subscribed.events)},
        *({"name": "notification-event", "part": _parts(each, base)} for each in events),
    ]
    if error:
        parameters.append({"name": "error", "valueCodeableConcept": {"text": error}})
    return {"resourceType": "Parameters", "meta": {"profile": [STATUS]}, "parameter": parameters}


def notification(subscribed: Subscribed, kind: str, events: Sequence[Shown], base: str, now: datetime) -> Resource:
    """The Bundle that is sent, or that `$events` gives."""
    first = {
        "fullUrl": f"urn:uuid:{uuid4()}",
        "resource": status(subscribed, kind, events, base),
        "request": {"method": "GET", "url": f"{base}{subscribing.TYPE}/{subscribed.id}/$status"},
        "response": {"status": "200"},
    }
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [NOTIFICATION]},
        "type": "history",
        "timestamp": build.instant(now),
        "entry": [first, *(_entry(each, base) for each in events if each.focus)],
    }


def _parts(each: Shown, base: str) -> list[dict[str, Any]]:
    event = each.event
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": build.instant(event.at)},
    ]
    if each.focus:
        parts.append({"name": "focus", "valueReference": {"reference": f"{base}{event.focus}"}})
    return parts


def _entry(each: Shown, base: str) -> Resource:
    """What happened to the resource, as an entry of a history has it."""
    event = each.event
    method, url, answer = "PUT", event.focus, "200"
    if event.deleted:
        method, answer = "DELETE", "204"
    elif event.version == 1:
        method, url, answer = "POST", event.type, "201"
    entry: Resource = {"request": {"method": method, "url": url}, "response": {"status": answer}}
    if base:
        entry["fullUrl"] = f"{base}{event.focus}"
    return {**entry, "resource": each.resource} if each.resource else entry
