"""Topics to which a Subscription can be made, as the R5 backport wants it (Subscriptions R5 Backport 1.1.0, FHIR R4).

R4 has no SubscriptionTopic; the list is the server's own. Every topic is about resources of one type: about all that
happens to them, or about those of which an event of the house tells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Resource

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
PREFIX = "urn:xinglin:topic:"
CONTENTS = ("empty", "id-only", "full-resource")
SHORTEST = 10
"""Seconds between two heartbeats at least."""

_REFUSED = ("backport-timeout", "backport-channel-type")
# Extensions that ask for something that would not be done.


@dataclass(frozen=True)
class Topic:
    """A topic with its canonical URL; `event` names the event of the house that triggers it, None: any change."""

    url: str
    title: str
    type: str
    event: str | None = None

    @property
    def waits_for(self) -> str:
        """What the store keeps as the type of a Subscription: changes of a type are noted for those alone who wait for
        them, so an event must not look like one."""
        return f"#{self.event}" if self.event else self.type


Topics = Mapping[str, Topic]

OF_TYPES = (
    *("Appointment", "Condition", "DiagnosticReport", "Encounter", "MedicationRequest", "Observation", "Patient"),
    *("Procedure", "ServiceRequest"),
)
"""Types whose resources have a topic of their own: what other systems follow most."""


def topics(events: Iterable[Topic] = ()) -> dict[str, Topic]:
    """All topics by their URL: those of types, and those of events."""
    of_types = [Topic(f"{PREFIX}{type}", f"{type} created, updated or deleted", type) for type in OF_TYPES]
    return {topic.url: topic for topic in (*of_types, *events)}


BY_TYPE = topics()
"""The topics of types alone."""


@dataclass(frozen=True)
class Wanted:
    """What a topic-based Subscription asks for: the search without the type, what notifications hold, and the seconds
    after which one comes though nothing has happened."""

    topic: Topic
    criteria: str
    content: str
    heartbeat: int | None


def is_topical(resource: Resource) -> bool:
    """Whether a Subscription names a topic: a canonical URL, and no search on a type."""
    return ":" in str(resource["criteria"]).partition("?")[0]


def read(resource: Resource, known: Topics) -> tuple[Wanted | None, list[Issue]]:
    """What a topic-based Subscription asks for, or None with what is wrong with it."""
    issues: list[Issue] = []
    channel = resource["channel"]
    topic = known.get(resource["criteria"])
    if topic is None:
        listed = ", ".join(sorted(known))
        issues.append(_issue("criteria", f"there is no topic {resource['criteria']}; there are {listed}"))
    filters = _extensions(resource.get("_criteria"), "backport-filter-criteria")
    contents = _extensions(channel.get("_payload"), "backport-payload-content")
    if len(filters) > 1:
        issues.append(_issue("criteria", "backport-filter-criteria may stand there once; join conditions by &"))
    if len(contents) != 1 or contents[0] not in CONTENTS:
        issues.append(_issue("channel.payload", f"backport-payload-content is needed: {', '.join(CONTENTS)}"))
    if "payload" not in channel:
        issues.append(_issue("channel.payload", "is needed where criteria name a topic"))
    beats = _extensions(channel, "backport-heartbeat-period")
    if beats and not (isinstance(beats[0], int) and beats[0] >= SHORTEST):
        issues.append(_issue("channel", f"backport-heartbeat-period must be {SHORTEST} seconds or more"))
    issues += [
        _issue("channel", f"{name} is not supported; leave it out")
        for name in _REFUSED
        if _extensions(channel, name) or _extensions(channel.get("_type"), name)
    ]
    if topic is None:
        return None, issues
    type, _, criteria = str(filters[0] if filters else topic.type).partition("?")
    if type != topic.type:
        issues.append(_issue("criteria", f"backport-filter-criteria must be {topic.type}?search for this topic"))
    if issues:
        return None, issues
    return Wanted(topic, criteria, str(contents[0]), beats[0] if beats else None), []


def _extensions(element: Any, name: str) -> list[Any]:
    """Values of the extensions of the backport with this name."""
    there = element.get("extension", ()) if isinstance(element, dict) else ()
    found = (each for each in there if each.get("url") == f"{BACKPORT}{name}")
    return [value for each in found for key, value in each.items() if key.startswith("value")]


def _issue(element: str, text: str) -> Issue:
    return Issue("error", "invalid", text, f"Subscription.{element}")
