"""Subscriptions to topics, end to end: handshake, numbered events with deletions, heartbeat, $status and $events."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.hospital import Hospital
from tests.receiver import Received, Receiver
from tests.server.conftest import token
from tests.server.subscribers import JSON, Api, one_url, patient, service
from xinglin.exchange.fhir.notifications import Shown, shown
from xinglin.platform import deliveries, outbox
from xinglin.platform.deliveries import MOST_ATTEMPTS, Deliverer
from xinglin.platform.identity.scopes import parse_scopes
from xinglin.platform.outbox import Handlers
from xinglin.platform.settings import Settings
from xinglin.server.sending import sending
from xinglin.server.worker import sweep
from xinglin.store.repository import Repository
from xinglin.store.subscription_events import SubscriptionEvent

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
PATIENTS = "urn:xinglin:topic:Patient"

Ways = tuple[Deliverer, Handlers]


@pytest.fixture
async def ways(hospital: Hospital, settings: Settings) -> AsyncIterator[Ways]:
    limits = {"delivery_networks": "127.0.0.0/8", "delivery_seconds": 2.0, "public_url": "https://his.example"}
    async with sending(hospital.application, settings.model_copy(update=limits)) as made:
        yield made


@pytest.fixture
def sender(ways: Ways) -> Deliverer:
    return ways[0]


def topical(there: Receiver, topic: str, content: str, *, filters: str | None = None, **more: Any) -> dict[str, Any]:
    """A Subscription to a topic; `more` are extensions of the channel."""
    resource: dict[str, Any] = {
        "resourceType": "Subscription",
        "meta": {"profile": [f"{BACKPORT}backport-subscription"]},
        "status": "requested",
        "reason": "test",
        "criteria": topic,
        "channel": {
            "type": "rest-hook",
            "endpoint": f"{there.url}/topic",
            "payload": JSON,
            "_payload": {"extension": [{"url": f"{BACKPORT}backport-payload-content", "valueCode": content}]},
        },
    }
    if filters is not None:
        extension = {"url": f"{BACKPORT}backport-filter-criteria", "valueString": filters}
        resource["_criteria"] = {"extension": [extension]}
    if more:
        named = {f"backport-{name.replace('_', '-')}": value for name, value in more.items()}
        resource["channel"]["extension"] = [
            {"url": f"{BACKPORT}{name}", "valueUnsignedInt": value} for name, value in named.items()
        ]
    return resource


def told(bundle: Any) -> dict[str, Any]:
    """The parameters of the status in a notification; events as a list of their parts."""
    parameters = bundle["entry"][0]["resource"]["parameter"]
    found: dict[str, Any] = {"events": []}
    for each in parameters:
        if each["name"] == "notification-event":
            parts = {part["name"]: next(v for k, v in part.items() if k != "name") for part in each["part"]}
            found["events"].append(parts)
        else:
            found[each["name"]] = next(value for key, value in each.items() if key != "name")
    return found


def events(received: list[Received]) -> list[tuple[str, str, str | None]]:
    """Number, method of the entry and focus of each event that came."""
    found = []
    for request in received:
        status = told(request.json)
        if status["type"] == "event-notification":
            (event,) = status["events"]
            entries = request.json["entry"][1:]
            method = entries[0]["request"]["method"] if entries else ""
            found.append((event["event-number"], method, event.get("focus", {}).get("reference")))
    return found


async def test_a_handshake_comes_first_and_makes_it_active(api: Api, there: Receiver, sender: Deliverer) -> None:
    there.answer = lambda _request: 400
    made = await api("POST", "Subscription", topical(there, PATIENTS, "id-only", filters="Patient?family=握"))
    await sender.once()
    assert (await api("GET", one_url(made)))["status"] == "requested"
    there.answer = lambda _request: 200
    await api("PUT", one_url(made), made)
    await sender.once()
    bundle = there.received[-1].json
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "history")
    assert bundle["entry"][0]["request"] == {
        "method": "GET",
        "url": f"https://his.example/fhir/{one_url(made)}/$status",
    }
    status = told(bundle)
    assert (status["type"], status["status"], status["topic"]) == ("handshake", "requested", PATIENTS)
    assert status["subscription"] == {"reference": f"https://his.example/fhir/{one_url(made)}"}
    assert (await api("GET", one_url(made)))["status"] == "active"
    assert (await api("POST", "Bundle/$validate", bundle))["issue"][0]["severity"] != "error"


async def test_creations_changes_and_deletions_are_numbered_in_their_order(
    api: Api, there: Receiver, sender: Deliverer
) -> None:
    made = await api("POST", "Subscription", topical(there, PATIENTS, "id-only", filters="Patient?family=题"))
    await sender.once()
    one = await api("POST", "Patient", patient("题"))
    await api("PUT", one_url(one), {**patient("题"), "id": one["id"], "active": True})
    await api("POST", "Patient", patient("别的"))
    await api("DELETE", one_url(one))
    await sender.once()
    focus = f"https://his.example/fhir/{one_url(one)}"
    assert events(there.received) == [("1", "POST", focus), ("2", "PUT", focus), ("3", "DELETE", focus)]
    assert all("resource" not in entry for request in there.received for entry in request.json["entry"][1:])
    assert "题" not in b"".join(request.body for request in there.received).decode()
    assert told(await api("GET", f"{one_url(made)}/$status"))["events-since-subscription-start"] == "3"


async def test_the_whole_resource_or_nothing_at_all(api: Api, there: Receiver, sender: Deliverer) -> None:
    await api("POST", "Subscription", topical(there, PATIENTS, "full-resource", filters="Patient?family=全"))
    await api("POST", "Subscription", topical(there, PATIENTS, "empty", filters="Patient?family=全"))
    one = await api("POST", "Patient", patient("全"))
    await sender.once()
    bundles = [request.json for request in there.received if told(request.json)["type"] == "event-notification"]
    whole, empty = sorted(bundles, key=lambda bundle: -len(bundle["entry"]))
    assert whole["entry"][1]["resource"] == one
    assert whole["entry"][1]["request"] == {"method": "POST", "url": "Patient"}
    assert len(empty["entry"]) == 1
    assert set(told(empty)["events"][0]) == {"event-number", "timestamp"}


async def test_an_event_of_the_house_is_a_topic(api: Api, there: Receiver, ways: Ways, hospital: Hospital) -> None:
    sender, handlers = ways
    await api("POST", "Subscription", topical(there, "urn:xinglin:topic:billing.settled", "id-only"))
    await sender.once()
    visit = await hospital.waiting_visit(await hospital.patient())
    await hospital.do("cashier", "billing.charge", visit=visit, item="consultation", service="ServiceRequest/1")
    invoice = await hospital.pay(visit)
    while await outbox.deliver(hospital.application.database, handlers, now=hospital.clock()):
        pass
    await sender.once()
    assert events(there.received) == [("1", "POST", f"https://his.example/fhir/Invoice/{invoice['id']}")]


async def test_whoever_missed_something_asks_for_it(
    api: Api, there: Receiver, sender: Deliverer, client: httpx.AsyncClient, hospital: Hospital
) -> None:
    made = await api("POST", "Subscription", topical(there, PATIENTS, "id-only", filters="Patient?family=漏"))
    ones = [await api("POST", "Patient", patient("漏")) for _ in range(3)]
    await api("DELETE", one_url(ones[0]))
    await sender.once()
    bundle = await api("GET", f"{one_url(made)}/$events?eventsSinceNumber=2&eventsUntilNumber=4&content=full-resource")
    status = told(bundle)
    assert (status["type"], [each["event-number"] for each in status["events"]]) == ("query-event", ["2", "3", "4"])
    assert [entry.get("resource") for entry in bundle["entry"][1:]] == [ones[1], ones[2], None]
    everything = {
        "resourceType": "Parameters",
        "parameter": [{"name": "eventsSinceNumber", "valueString": "1"}],
    }
    assert len(told(await api("POST", f"{one_url(made)}/$events", everything))["events"]) == 4
    outcome = await api("GET", f"{one_url(made)}/$events?content=some", status=400)
    assert "id-only" in outcome["issue"][0]["diagnostics"]
    stranger = await token(client, "cashier")
    answer = await client.get(f"/fhir/{one_url(made)}/$events", headers=stranger)
    assert answer.status_code in (403, 404)
    hospital.clock.forward(days=15)
    await sweep(hospital.application)
    hospital.clock.forward(days=-15)
    assert told(await api("GET", f"{one_url(made)}/$events"))["events"] == []


async def test_a_heartbeat_comes_when_nothing_happens(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital
) -> None:
    await api(
        "POST", "Subscription", topical(there, PATIENTS, "empty", filters="Patient?family=跳", heartbeat_period=60)
    )
    await sender.once()
    for seconds in (30, 31, 10, 51):
        hospital.clock.forward(seconds=seconds)
        await sender.once()
    assert [told(request.json)["type"] for request in there.received] == ["handshake", "heartbeat", "heartbeat"]
    there.answer = lambda _request: 500
    for _ in range(3):
        hospital.clock.forward(seconds=70)
        await sender.once()
    async with hospital.application.database.transaction() as connection:
        (waiting,) = await deliveries.waiting(connection)
    assert waiting.count == 1


async def test_status_tells_what_is_wrong(api: Api, there: Receiver, sender: Deliverer, hospital: Hospital) -> None:
    made = await api("POST", "Subscription", topical(there, PATIENTS, "empty", filters="Patient?family=错"))
    there.answer = lambda _request: 503
    for _ in range(MOST_ATTEMPTS + 1):
        await sender.once()
        hospital.clock.forward(minutes=11)
    bundle = await api("GET", f"Subscription/$status?id={made['id']}")
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    status = told(bundle)
    assert (status["type"], status["status"]) == ("query-status", "error")
    assert "503" in status["error"]["text"]
    assert (await api("GET", "Subscription/$status?status=active"))["total"] == 0
    await api("GET", "Subscription/$status?id=unheard-of", status=404)
    there.answer = lambda _request: 200
    await api("PUT", one_url(made), {**await api("GET", one_url(made)), "status": "requested"})
    await sender.once()
    assert (await api("GET", one_url(made)))["status"] == "active"


async def test_what_the_account_may_not_see_it_is_not_told_of(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital
) -> None:
    """A key for Subscriptions alone sees no patient, and so is told of none."""
    scopes = parse_scopes(["system/Subscription.c"])
    narrow = replace(await service(hospital, "topical-narrow"), scopes=scopes)
    async with hospital.application.database.transaction() as connection:
        repository = hospital.application.context(connection, narrow).repository
        repository.access = hospital.application.grant(narrow)
        await repository.create(
            topical(there, PATIENTS, "full-resource", filters="Patient?family=限"), id="topical-narrow"
        )
    await sender.once()
    await api("POST", "Patient", patient("限"))
    await sender.once()
    assert [told(request.json)["type"] for request in there.received] == ["handshake"]


async def test_what_is_hidden_by_the_time_it_is_sent_keeps_its_number(api: Api, hospital: Hospital) -> None:
    one = await api("POST", "Patient", patient("藏"))
    event = SubscriptionEvent(7, hospital.clock(), "Patient", one["id"], 1, deleted=False)
    narrow = replace(await service(hospital, "topical-hidden"), scopes=parse_scopes(["system/Observation.r"]))
    async with hospital.application.database.transaction() as connection:
        eyes = Repository(connection, now=hospital.clock(), access=hospital.application.grant(narrow))
        assert await shown(eyes, event, "full-resource", deletions=True) == Shown(event, False)
        everything = Repository(connection, now=hospital.clock())
        assert (await shown(everything, event, "full-resource", deletions=True)).resource == one


async def test_bad_ones_are_refused_with_what_is_accepted(api: Api, there: Receiver) -> None:
    right = topical(there, PATIENTS, "id-only")
    channel = right["channel"]
    plain = {key: value for key, value in channel.items() if key != "_payload"}
    wrong = {"extension": [{"url": f"{BACKPORT}backport-payload-content", "valueCode": "some"}]}
    other = topical(there, PATIENTS, "id-only", filters="Observation?code=1")
    nonsense = topical(there, PATIENTS, "id-only", filters="Patient?nonsense=1")
    faults: list[tuple[dict[str, Any], str, str]] = [
        ({**right, "criteria": "urn:xinglin:topic:Nothing"}, "Subscription.criteria", PATIENTS),
        ({**right, "channel": plain}, "Subscription.channel.payload", "full-resource"),
        ({**right, "channel": {**channel, "_payload": wrong}}, "Subscription.channel.payload", "full-resource"),
        (other, "Subscription.criteria", "Patient?search"),
        (nonsense, "Subscription.criteria", "nonsense"),
        (topical(there, PATIENTS, "empty", heartbeat_period=1), "Subscription.channel", "10 seconds"),
        (topical(there, PATIENTS, "empty", timeout=1), "Subscription.channel", "backport-timeout"),
    ]
    for resource, element, text in faults:
        outcome = await api("POST", "Subscription", resource, status=422)
        (issue,) = outcome["issue"]
        assert issue["expression"] == [element]
        assert text in issue["diagnostics"]
    classic = {**right, "criteria": "Patient?family=x", "channel": plain}
    made = await api("POST", "Subscription", classic)
    await api("GET", f"{one_url(made)}/$events", status=400)


async def test_topics_are_listed_in_the_capability_statement(client: httpx.AsyncClient) -> None:
    statement = (await client.get("/fhir/metadata")).json()
    (listed,) = [each for each in statement["rest"][0]["resource"] if each["type"] == "Subscription"]
    topics = {each["valueCanonical"] for each in listed["extension"]}
    assert {PATIENTS, "urn:xinglin:topic:billing.settled"} <= topics
    assert {"status", "events"} <= {operation["name"] for operation in listed["operation"]}
