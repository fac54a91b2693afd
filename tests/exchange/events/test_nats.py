"""Events on a real NATS server: once each, in order, and when the broker is back."""

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import nats as library
import pytest

from tests.broker import NatsServer, missing, nats_server
from tests.hospital import Hospital
from tests.operations.conftest import free_port
from xinglin.exchange.events import nats
from xinglin.exchange.events.nats import Broker
from xinglin.fhir import json
from xinglin.platform import deliveries, outbox
from xinglin.platform.deliveries import MOST_ATTEMPTS, Deliverer, Delivery, Undeliverable
from xinglin.platform.outbox import Handlers
from xinglin.platform.settings import Settings, SettingsError
from xinglin.server.sending import sending

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

EVENT = "pharmacy.dispensed"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with nats_server(tmp_path, free_port()) as made:
        yield made


@pytest.fixture
def settings(server: NatsServer) -> Settings:
    return Settings(nats_url=server.url, delivery_seconds=2)


Ways = tuple[Deliverer, Handlers]


@pytest.fixture
async def ways(hospital: Hospital, settings: Settings) -> AsyncIterator[Ways]:
    async with hospital.application.database.transaction() as connection:
        await connection.execute("TRUNCATE outbox, delivery, delivery_pause")
    async with sending(hospital.application, settings) as made:
        yield made


async def publish(hospital: Hospital, handlers: Handlers, *keys: str) -> None:
    """Publishes an event for each of the keys, about a request of its own, and has them handled."""
    async with hospital.application.database.transaction() as connection:
        for number, key in enumerate(keys, 1):
            payload = {"subject": f"MedicationRequest/{number}", "data": {}}
            await outbox.publish(connection, event=EVENT, payload=payload, key=key, at=hospital.clock())
    own = {EVENT: {name: handler for name, handler in handlers[EVENT].items() if name == "exchange.events"}}
    while await outbox.deliver(hospital.application.database, own, now=hospital.clock()):
        pass


async def test_events_come_in_the_order_of_their_key(hospital: Hospital, server: NatsServer, ways: Ways) -> None:
    deliverer, handlers = ways
    await publish(hospital, handlers, *("Encounter/1", "Encounter/2") * 10)
    assert await deliverer.once() == 20
    messages = await server.messages("xinglin")
    assert {message.subject for message in messages} == {f"xinglin.events.{EVENT}"}
    events = [read(message.data) for message in messages]
    assert len({message.headers["Nats-Msg-Id"] for message in messages}) == 20
    assert {message.headers["Content-Type"] for message in messages} == {"application/cloudevents+json; charset=utf-8"}
    for key in ("Encounter/1", "Encounter/2"):
        numbers = [int(event["subject"].split("/")[1]) for event in events if event["partitionkey"] == key]
        assert numbers == sorted(numbers)
        assert len(numbers) == 10


def read(data: bytes) -> dict[str, str]:
    """The body of a message, read."""
    found: dict[str, str] = json.loads(data)
    return found


async def test_what_is_sent_twice_is_kept_once(hospital: Hospital, server: NatsServer, settings: Settings) -> None:
    broker = Broker(settings, "urn:test")
    payload = {"id": "1", "type": EVENT, "subject": "MedicationRequest/1", "data": {}}
    delivery = Delivery(1, nats.STREAM, "Encounter/1", payload, hospital.clock(), 0)
    await broker.send(delivery)
    await broker.send(replace(delivery, attempts=1))
    await broker.close()
    again = Broker(settings, "urn:test")
    await again.send(delivery)
    await again.send(replace(delivery, payload={**payload, "id": "2"}))
    await again.close()
    assert [read(message.data)["id"] for message in await server.messages("xinglin")] == ["1", "2"]


async def test_while_the_broker_is_away_all_waits_and_then_goes_on(
    hospital: Hospital, server: NatsServer, ways: Ways
) -> None:
    deliverer, handlers = ways
    await publish(hospital, handlers, "Encounter/1")
    await deliverer.once()
    await server.kill()
    await publish(hospital, handlers, *("Encounter/1",) * 3)
    for _ in range(MOST_ATTEMPTS + 2):
        assert await deliverer.once() == 0
        hospital.clock.forward(seconds=16)
    async with hospital.application.database.transaction() as connection:
        (waiting,) = await deliveries.waiting(connection)
    assert (waiting.channel, waiting.count, waiting.held) == (nats.STREAM, 3, None)
    assert waiting.next_attempt is not None
    assert waiting.next_attempt - hospital.clock() <= timedelta(seconds=15)
    assert "xinglin:" not in str(waiting.error)
    await server.start()
    hospital.clock.forward(seconds=16)
    assert await deliverer.once() == 3
    assert len(await server.messages("xinglin")) == 4


async def test_a_stream_that_is_there_stays_as_it_is(
    hospital: Hospital, server: NatsServer, settings: Settings
) -> None:
    client = await library.connect(server.url)
    await client.jetstream().add_stream(name="house", subjects=["xinglin.events.>"], max_msgs=1)
    await client.close()
    async with sending(hospital.application, settings.model_copy(update={"nats_stream": "house"})) as ways:
        deliverer, handlers = ways
        await publish(hospital, handlers, "Encounter/1", "Encounter/1")
        assert await deliverer.once() == 2
    assert len(await server.messages("house")) == 1


def test_without_the_library_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nats.aio.client", None)
    with pytest.raises(SettingsError, match=r"xinglin\[nats\]"):
        Broker(Settings(nats_url="nats://127.0.0.1:1"), "urn:test")


async def test_a_wrong_password_is_no_reason_to_lose_anything(hospital: Hospital, server: NatsServer) -> None:
    wrong = Broker(Settings(nats_url=f"nats://xinglin:wrong@127.0.0.1:{server.port}", delivery_seconds=2), "urn:test")
    payload = {"id": "1", "type": EVENT, "subject": "MedicationRequest/1", "data": {}}
    with pytest.raises(Undeliverable) as refused:
        await wrong.send(Delivery(1, nats.STREAM, "Encounter/1", payload, hospital.clock(), 0))
    assert "wrong" not in str(refused.value)
    await wrong.close()
