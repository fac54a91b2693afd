"""Webhooks end to end: named by commands, told of events of the hospital's own work, taken by a real receiver."""

import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import SECRET_KEY, Hospital
from tests.receiver import Received, Receiver, receiver
from xinglin.fhir.outcome import BadRequest, FhirError, NotFound
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform import webhooks
from xinglin.platform.crypto.keys import seal_anew
from xinglin.platform.deliveries import MOST_ATTEMPTS, Deliverer
from xinglin.platform.sealing import Seal
from xinglin.platform.settings import Settings
from xinglin.server.sending import sending

ESSAY = Path(__file__).resolve().parents[3] / "docs" / "events.md"
SETTLED = ["billing.settled"]

Verified = Callable[[str, Mapping[str, str], bytes, float], bool]


@pytest.fixture(scope="module")
def verified() -> Verified:
    """The example by which the essay shows receivers how to check a signature."""
    (code,) = re.findall(r"```python\n(.*?)```", ESSAY.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  (our own documentation)
    found: Verified = names["verified"]
    return found


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
async def sender(hospital: Hospital) -> AsyncIterator[Deliverer]:
    settings = Settings(
        secret_key=SECRET_KEY,
        delivery_networks="127.0.0.0/8",
        delivery_seconds=2,
        public_url="https://hospital.example",
    )
    async with sending(hospital.application, settings) as (made, _handlers):
        yield made


class Webhook:
    """A webhook, by the commands of an administrator."""

    def __init__(self, hospital: Hospital, key: str, secret: str) -> None:
        self._hospital, self.key, self.secret = hospital, key, secret

    async def do(self, verb: str, **values: Any) -> Any:
        return await self._hospital.do("administrator", f"webhooks.{verb}", webhook=self.key, **values)

    async def row(self) -> Any:
        rows = await self._hospital.rows("administrator", "webhooks.webhooks")
        return next(row for row in rows if row.key == self.key)


Make = Callable[..., Any]


@pytest.fixture
async def make(hospital: Hospital, there: Receiver) -> AsyncIterator[Make]:
    made: list[Webhook] = []

    async def create(events: list[str] = SETTLED, **more: Any) -> Webhook:
        before = {row.key for row in await hospital.rows("administrator", "webhooks.webhooks")}
        values = {"name": "收费接口", "url": f"{there.url}/in", "events": events, **more}
        told = await hospital.do("administrator", "webhooks.create", **values)
        (key,) = {row.key for row in await hospital.rows("administrator", "webhooks.webhooks")} - before
        made.append(Webhook(hospital, key, told["parameter"][0]["valueString"]))
        return made[-1]

    yield create
    for each in made:
        with suppress(NotFound):
            await each.do("delete")


@pytest.fixture(scope="module")
async def visit(hospital: Hospital) -> str:
    """A visit that can be charged."""
    return await hospital.waiting_visit(await hospital.patient())


async def settled(hospital: Hospital, visit: str) -> str:
    """Charges and settles; returns the reference of the invoice that an event tells of."""
    await hospital.do("cashier", "billing.charge", visit=visit, item="consultation", service="Procedure/1")
    invoice = await hospital.pay(visit)
    await hospital.deliver()
    return f"Invoice/{invoice['id']}"


def good(verified: Verified, hospital: Hospital, secret: str, request: Received) -> bool:
    return verified(secret, request.headers, request.body, hospital.clock().timestamp())


async def test_an_event_comes_as_a_signed_cloudevent_that_names_nobody(
    hospital: Hospital, there: Receiver, sender: Deliverer, make: Make, visit: str, verified: Verified
) -> None:
    webhook = await make()
    assert webhook.secret.startswith("whsec_")
    invoice = await settled(hospital, visit)
    await sender.once()
    (request,) = there.received
    assert (request.method, request.path) == ("POST", "/in")
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = request.json
    assert event["specversion"] == "1.0"
    assert event["type"] == "billing.settled"
    assert event["source"] == "https://hospital.example"
    assert (event["subject"], event["partitionkey"]) == (invoice, visit)
    assert event["id"] == request.headers["webhook-id"]
    assert event["data"]["services"]
    assert "张三丰" not in request.body.decode()
    assert good(verified, hospital, webhook.secret, request)
    assert not good(verified, hospital, "whsec_AAAA", request)
    assert not verified(webhook.secret, request.headers, request.body + b" ", hospital.clock().timestamp())
    assert not verified(webhook.secret, request.headers, request.body, hospital.clock().timestamp() + 3600)


async def test_only_what_was_asked_for_comes_and_in_order(
    hospital: Hospital, there: Receiver, sender: Deliverer, make: Make, visit: str
) -> None:
    await make(["billing.refunded", "billing.settled"])
    await make(["pharmacy.returned"], url=f"{there.url}/other")
    first = await settled(hospital, visit)
    await hospital.do(
        "cashier", "billing.refund", invoice=first, charges=await refundable(hospital, first), reason="误收"
    )
    await settled(hospital, visit)
    await hospital.deliver()
    await sender.once()
    assert [request.json["type"] for request in there.received] == [
        "billing.settled",
        "billing.refunded",
        "billing.settled",
    ]
    assert {request.path for request in there.received} == {"/in"}


async def refundable(hospital: Hospital, invoice: str) -> list[str]:
    """The charges of an invoice that were made by these tests."""
    lines = (await hospital.read(invoice))["lineItem"]
    items = [line["chargeItemReference"]["reference"] for line in lines]
    found = [(item, await hospital.read(item)) for item in items]
    return [item for item, charge in found if {"reference": "ServiceRequest/1"} in charge["supportingInformation"]]


async def test_of_one_campus_only(
    hospital: Hospital, there: Receiver, sender: Deliverer, make: Make, visit: str
) -> None:
    await make(campus="Location/campus-main")
    await make(campus="Location/campus-east", url=f"{there.url}/east")
    await settled(hospital, visit)
    await sender.once()
    assert [request.path for request in there.received] == ["/in"]


async def test_both_secrets_sign_while_one_is_changed(
    hospital: Hospital, there: Receiver, sender: Deliverer, make: Make, verified: Verified
) -> None:
    webhook = await make()
    changed = (await webhook.do("change_secret"))["parameter"][0]["valueString"]
    assert changed != webhook.secret
    await webhook.do("test")
    await sender.once()
    assert [good(verified, hospital, secret, there.received[0]) for secret in (webhook.secret, changed)] == [True, True]
    hospital.clock.now += webhooks.OVERLAP
    await webhook.do("test")
    await sender.once()
    hospital.clock.now -= webhooks.OVERLAP
    later = hospital.clock() + webhooks.OVERLAP
    request = there.received[1]
    good_later = [verified(s, request.headers, request.body, later.timestamp()) for s in (webhook.secret, changed)]
    assert good_later == [False, True]


async def test_secrets_outlive_the_master_key(hospital: Hospital, make: Make) -> None:
    webhook = await make()
    changed = (await webhook.do("change_secret"))["parameter"][0]["valueString"]
    new = base64.b64encode(bytes(32)).decode()
    async with hospital.application.database.transaction() as connection:
        assert await seal_anew(connection, Seal(Settings(secret_key=f"{new},{SECRET_KEY}"))) >= 2
        found = await webhooks.read(connection, webhook.key.partition("/")[2])
        assert found is not None
        secrets = found.secrets(Seal(Settings(secret_key=new)), hospital.clock())
        assert [webhooks.PREFIX + base64.b64encode(each).decode() for each in secrets] == [changed, webhook.secret]
        await seal_anew(connection, Seal(Settings(secret_key=f"{SECRET_KEY},{new}")))


async def test_secrets_are_told_once_and_lie_sealed(hospital: Hospital, there: Receiver) -> None:
    values = {"name": "密钥", "url": there.url, "events": SETTLED}
    first = await hospital.run("administrator", "webhooks.create", key="webhook-0001", **values)
    again = await hospital.run("administrator", "webhooks.create", key="webhook-0001", **values)
    assert again.replayed
    assert again.resource == {"resourceType": "Parameters"}
    secret = first.resource["parameter"][0]["valueString"]
    (row,) = [row for row in await hospital.rows("administrator", "webhooks.webhooks") if row.name == "密钥"]
    assert secret not in str(row)
    async with hospital.application.database.transaction() as connection:
        kept = await (await connection.execute("SELECT string_agg(w::text, '') FROM webhook w")).fetchone()
        query = "SELECT entities FROM audit_event WHERE command = 'webhooks.create' AND detail IS NULL"
        query += " ORDER BY id DESC LIMIT 1"
        (record,) = await (await connection.execute(query)).fetchall()
    assert kept is not None
    assert secret not in kept[0]
    assert row.key in record[0]
    await hospital.do("administrator", "webhooks.delete", webhook=row.key)


async def test_a_test_goes_to_one_endpoint(hospital: Hospital, there: Receiver, sender: Deliverer, make: Make) -> None:
    webhook = await make()
    await make(url=f"{there.url}/other")
    await webhook.do("test")
    await sender.once()
    (request,) = there.received
    assert (request.path, request.json["type"], request.json["subject"]) == ("/in", "webhooks.test", webhook.key)


async def test_off_it_is_told_of_nothing_and_on_again_of_what_is_new(
    hospital: Hospital, there: Receiver, sender: Deliverer, make: Make, visit: str
) -> None:
    webhook = await make()
    await settled(hospital, visit)
    await webhook.do("switch_off")
    await settled(hospital, visit)
    with pytest.raises(Refused):
        await webhook.do("test")
    assert (await webhook.row()).state == "off"
    await webhook.do("switch_on")
    with pytest.raises(Refused):
        await webhook.do("switch_on")
    invoice = await settled(hospital, visit)
    await sender.once()
    assert [request.json["subject"] for request in there.received] == [invoice]


async def test_after_many_failures_it_is_held_until_somebody_lets_it_go_on(
    hospital: Hospital, there: Receiver, sender: Deliverer, make: Make, visit: str
) -> None:
    webhook = await make()
    there.answer = lambda _request: 500
    await settled(hospital, visit)
    await sender.once()
    assert (await webhook.row()).state == "resting"
    start = hospital.clock.now
    for _ in range(MOST_ATTEMPTS):
        hospital.clock.forward(minutes=11)
        await sender.once()
    assert len(there.received) == MOST_ATTEMPTS
    hospital.clock.now = start
    row = await webhook.row()
    assert (row.state, row.waiting) == ("held", 1)
    assert "500" in row.error
    there.answer = lambda _request: 200
    await webhook.do("resume")
    await sender.once()
    assert len(there.received) == MOST_ATTEMPTS + 1
    assert len({request.headers["webhook-id"] for request in there.received}) == 1
    assert ((await webhook.row()).state, (await webhook.row()).waiting) == ("active", 0)


async def test_changed_it_goes_to_the_new_address(
    hospital: Hospital, there: Receiver, sender: Deliverer, make: Make, visit: str
) -> None:
    webhook = await make(["pharmacy.returned"])
    await webhook.do("change", name="新名称", url=f"{there.url}/new", events=SETTLED)
    await settled(hospital, visit)
    await sender.once()
    assert [request.path for request in there.received] == ["/new"]
    assert (await webhook.row()).name == "新名称"


@pytest.mark.parametrize(
    ("wrong", "field", "accepted"),
    [
        ({"url": "ftp://example.org/in"}, "url", "http"),
        ({"url": "https://user:word@example.org/"}, "url", "http"),
        ({"events": ["billing.unheard"]}, "events", "billing.settled"),
        ({"events": []}, "events", ""),
        ({"campus": "Location/none"}, "campus", ""),
        ({"name": ""}, "name", ""),
    ],
)
async def test_bad_input_is_refused_beside_its_field(
    hospital: Hospital, there: Receiver, wrong: dict[str, Any], field: str, accepted: str
) -> None:
    before = await hospital.rows("administrator", "webhooks.webhooks")
    with pytest.raises(BadRequest) as refused:
        values = {"name": "接口", "url": there.url, "events": SETTLED, **wrong}
        await hospital.do("administrator", "webhooks.create", **values)
    (issue,) = refused.value.issues
    assert issue.expression == field
    assert accepted in issue.diagnostics
    assert await hospital.rows("administrator", "webhooks.webhooks") == before


@pytest.mark.parametrize("login", ["registrar", "manager", "auditor"])
async def test_only_administrators_may(hospital: Hospital, there: Receiver, login: str) -> None:
    with pytest.raises(NotPermitted):
        await hospital.do(login, "webhooks.create", name="xx", url=there.url, events=SETTLED)
    with pytest.raises(NotPermitted):
        await hospital.rows(login, "webhooks.webhooks")


async def test_one_that_is_gone_is_told(hospital: Hospital, make: Make) -> None:
    webhook = await make()
    await webhook.do("delete")
    for verb in ("test", "delete", "change_secret", "switch_off", "resume"):
        with pytest.raises(FhirError) as refused:
            await webhook.do(verb)
        assert refused.value.status == 404
