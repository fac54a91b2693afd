"""What is committed, and what came, as changes that can be compared.

A subscriber is told of versions, in their order for each resource. A webhook and the broker are told of events, of
which each has an invoice of its own; their numbers grow within a visit. Whoever has subscribed to a topic gets versions
too, and a number with each of them and with each deletion, from one on without gaps.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import psycopg

from bench.faults.judging import Change, Told
from tests.receiver import Received

TYPES = ("Patient", "Observation", "ChargeItem", "Invoice")
EVENTS = {"billing.settled": "收费", "billing.refunded": "退费"}
"""Events with the type of the invoice that comes with each."""

HOOK, TOPIC, NUMBER, WEBHOOK, BROKER = "rest-hook", "topic", "event number", "webhook", "broker"
UNKNOWN = -1
"""Number of what nothing that is committed belongs to."""

Versions = set[tuple[str, str, int]]
Invoices = Mapping[tuple[str, str], Change]
"""Type of event and reference of the invoice -> the change."""

VERSIONS = """
SELECT type, id, version FROM resource WHERE type = ANY(%(types)s) AND NOT deleted
UNION ALL SELECT type, id, version FROM resource_history WHERE type = ANY(%(types)s) AND NOT deleted
"""
TOPICAL = "Patient"
"""The type to whose topic somebody has subscribed."""

NUMBERS = "SELECT id, generate_series(1, events) FROM subscription WHERE topic IS NOT NULL"
INVOICES = """
SELECT i.content->'type'->>'text', 'Invoice/' || i.id, c.content->'context'->>'reference',
  i.content->'identifier'->0->>'value'
FROM resource i JOIN resource c ON c.type = 'ChargeItem'
  AND 'ChargeItem/' || c.id = i.content->'lineItem'->0->'chargeItemReference'->>'reference'
WHERE i.type = 'Invoice'
"""


async def rows(conninfo: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query; `types` are those that are subscribed to."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        return await (await connection.execute(query, {"types": list(TYPES)})).fetchall()


async def versions(conninfo: str) -> Versions:
    """Every version (type, id, version) that is committed and no deletion."""
    return {(type, id, version) for type, id, version in await rows(conninfo, VERSIONS)}


async def invoices(conninfo: str) -> dict[tuple[str, str], Change]:
    """The change for each event that there must have been."""
    events = {kind: event for event, kind in EVENTS.items()}
    found = await rows(conninfo, INVOICES)
    return {
        (events[kind], name): Change(WEBHOOK, visit, int(number.removeprefix("INV")))
        for kind, name, visit, number in found
    }


async def numbers(conninfo: str) -> set[Change]:
    """The numbers of all events of topics."""
    return {Change(NUMBER, id, number) for id, number in await rows(conninfo, NUMBERS)}


def of_topic(written: Iterable[Change]) -> set[Change]:
    """Versions of which a subscriber to the topic is told, from those of which other subscribers are."""
    return by(TOPIC, (change for change in written if change.key.startswith(f"{TOPICAL}/")))


def by(way: str, changes: Iterable[Change]) -> set[Change]:
    """The same changes by another way."""
    return {change._replace(way=way) for change in changes}


def by_hook(written: Collection[tuple[str, str, int]]) -> set[Change]:
    """Versions as changes of which a subscriber is told."""
    return {Change(HOOK, f"{type}/{id}", version) for type, id, version in written if type in TYPES}


def told(request: Received, invoices: Invoices) -> list[Told]:
    """A request as what it tells."""
    if request.path.startswith("/hook/"):
        name = request.path.removeprefix("/hook/")
        return [Told(HOOK, name, int(request.json["meta"]["versionId"]), request.body)]
    return notified(request.json) if request.path == "/topic" else [event(WEBHOOK, request.body, invoices)]


def notified(bundle: Any) -> list[Told]:
    """A notification about a topic as what it tells: nothing, where it is a handshake."""
    status, *entries = bundle["entry"]
    parameters = {each["name"]: each for each in status["resource"]["parameter"]}
    if "notification-event" not in parameters:
        return []
    parts = {part["name"]: part for part in parameters["notification-event"]["part"]}
    subscription = parameters["subscription"]["valueReference"]["reference"].rpartition("/")[2]
    body = json.dumps([parts, [each.get("resource") for each in entries]]).encode()
    found = [Told(NUMBER, subscription, int(parts["event-number"]["valueString"]), body)]
    for each in (entry["resource"] for entry in entries if "resource" in entry):
        text = json.dumps(each).encode()
        found.append(Told(TOPIC, f"{each['resourceType']}/{each['id']}", int(each["meta"]["versionId"]), text))
    return found


def event(way: str, body: bytes, invoices: Invoices) -> Told:
    """A CloudEvent as what it tells."""
    content = json.loads(body)
    change = invoices.get((content["type"], content["subject"]))
    number = change.number if change and change.key == content["partitionkey"] else UNKNOWN
    return Told(way, content["partitionkey"], number, body)
