"""Subscriptions end to end: written by FHIR, changes by every way in, requests that a real receiver takes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.hospital import Hospital
from tests.receiver import Receiver
from tests.server.subscribers import JSON, Api, one_url, patient, service, subscription
from xinglin.kernel.context import as_system
from xinglin.operations.reindexing import finish_reindex
from xinglin.platform import deliveries
from xinglin.platform.deliveries import MOST_ATTEMPTS, Deliverer
from xinglin.platform.identity import set_active
from xinglin.platform.identity.scopes import parse_scopes
from xinglin.store import ingesting, packing
from xinglin.store.copying import reserve


async def test_every_way_of_writing_is_told_of_in_the_order_of_the_versions(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital
) -> None:
    made = await api("POST", "Subscription", subscription(there, "Patient?name=王五"))
    assert made["status"] == "requested"
    one = await api("POST", "Patient", patient("王五"))
    await api("PUT", f"Patient/{one['id']}", {**patient("王五"), "id": one["id"], "active": True})
    await api("POST", "Patient", patient("赵六"))
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": patient("王五"), "request": {"method": "POST", "url": "Patient"}},
            {"resource": {**patient("王五"), "id": one["id"]}, "request": {"method": "PUT", "url": one_url(one)}},
        ],
    }
    answer = await api("POST", "", bundle)
    two = answer["entry"][0]["response"]["location"].split("/")[1]
    await api("POST", "", {**bundle, "type": "batch", "entry": bundle["entry"][1:]})
    three = (await hospital.patient("王五")).removeprefix("Patient/")
    await sender.once()
    came = [(request.path, request.json["meta"]["versionId"]) for request in there.received]
    wanted = [*((one["id"], str(version)) for version in (1, 2, 3, 4)), (two, "1"), (three, "1")]
    assert sorted(came) == sorted((f"/hook/Patient/{id}", version) for id, version in wanted)
    assert [v for p, v in came if p.endswith(one["id"])] == ["1", "2", "3", "4"]
    assert {request.method for request in there.received} == {"PUT"}
    assert there.received[0].headers["content-type"].startswith(JSON)
    assert (await api("GET", f"Subscription/{made['id']}"))["status"] == "active"


async def test_a_version_is_judged_as_it_was_though_it_has_been_superseded(
    api: Api, there: Receiver, sender: Deliverer
) -> None:
    await api("POST", "Subscription", subscription(there, "Patient?family=早&_has:Observation:subject:code=1-8"))
    await sender.once()
    one = await api("POST", "Patient", patient("早"))
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "1-8"}]},
        "subject": {"reference": one_url(one)},
    }
    await api("POST", "Observation", observation)
    await api("PUT", one_url(one), {**patient("早"), "id": one["id"], "active": True})
    await api("PUT", one_url(one), {**patient("晚"), "id": one["id"]})
    await sender.once()
    assert [request.json["meta"]["versionId"] for request in there.received] == ["1", "2"]
    after = await api("GET", one_url(one))
    assert (after["meta"]["versionId"], after["name"][0]["family"]) == ("3", "晚")
    assert (await api("GET", "Patient?family=晚&_total=accurate"))["total"] == 1
    assert (await api("GET", "Patient?family=早&_total=accurate"))["total"] == 0


async def test_what_was_written_before_is_not_told_of(api: Api, there: Receiver, sender: Deliverer) -> None:
    await api("POST", "Subscription", subscription(there, "Patient?family=别人", endpoint=f"{there.url}/other"))
    await api("POST", "Patient", patient("从前"))
    await api("POST", "Subscription", subscription(there, "Patient?family=从前"))
    await api("POST", "Patient", patient("从前"))
    await sender.once()
    assert len(there.received) == 1


async def test_without_a_payload_a_post_says_nothing(api: Api, there: Receiver, sender: Deliverer) -> None:
    wanted = subscription(there, "Patient?family=无", header=["X-Key: geheim", "X-Other: a: b"])
    del wanted["channel"]["payload"]
    await api("POST", "Subscription", wanted)
    await api("POST", "Patient", patient("无"))
    await sender.once()
    (request,) = there.received
    assert (request.method, request.path, request.body) == ("POST", "/hook", b"")
    assert (request.headers["x-key"], request.headers["x-other"]) == ("geheim", "a: b")


async def test_xml_where_it_is_wanted(api: Api, there: Receiver, sender: Deliverer) -> None:
    await api("POST", "Subscription", subscription(there, "Patient?family=标记", payload="application/fhir+xml"))
    await api("POST", "Patient", patient("标记"))
    await sender.once()
    assert there.received[0].body.startswith(b"<")
    assert "标记" in there.received[0].body.decode()


async def test_bad_ones_are_refused_with_what_is_accepted(api: Api, there: Receiver) -> None:
    right = subscription(there, "Patient?family=x")
    faults: list[tuple[dict[str, Any], str, str]] = [
        ({"criteria": "Patient?nonsense=1"}, "Subscription.criteria", "nonsense"),
        ({"criteria": "Nothing?x=1"}, "Subscription.criteria", "type of R4"),
        ({"criteria": "Patient?_sort=name"}, "Subscription.criteria", "_sort"),
        ({"channel": {**right["channel"], "type": "email"}}, "Subscription.channel.type", "rest-hook"),
        ({"channel": {**right["channel"], "endpoint": "ftp://x/"}}, "Subscription.channel.endpoint", "https"),
        ({"channel": {**right["channel"], "payload": "text/plain"}}, "Subscription.channel.payload", JSON),
        ({"channel": {**right["channel"], "header": ["Host: x"]}}, "Subscription.channel.header[0]", "host"),
        ({"channel": {**right["channel"], "header": ["A: b\nC: d"]}}, "Subscription.channel.header[0]", "Name: value"),
        ({"channel": {**right["channel"], "header": ["A: ***"]}}, "Subscription.channel.header[0]", "give it again"),
    ]
    for change, element, text in faults:
        outcome = await api("POST", "Subscription", {**right, **change}, status=422)
        (issue,) = outcome["issue"]
        assert issue["expression"] == [element]
        assert text in issue["diagnostics"]
    off = {**right, "status": "off", "criteria": "anything"}
    await api("POST", "Subscription", off)


async def test_an_account_gets_what_it_may_see_and_nothing_after_it_was_closed(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital
) -> None:
    """A service whose key is for Observations, on a Subscription to Patients; then another one that is closed."""
    database = hospital.application.database
    closing = await service(hospital, "closing")
    scopes = parse_scopes(["system/Observation.rs", "system/Subscription.c"])
    narrow = replace(await service(hospital, "narrow"), scopes=scopes)
    async with database.transaction() as connection:
        for actor, path in ((narrow, "narrow"), (closing, "closing")):
            repository = hospital.application.context(connection, actor).repository
            repository.access = hospital.application.grant(actor)
            wanted = subscription(there, "Patient?family=限", endpoint=f"{there.url}/{path}")
            await repository.create(wanted, id=path)
    await api("POST", "Patient", patient("限"))
    await sender.once()
    assert [request.path.split("/")[1] for request in there.received] == ["closing"]
    there.answer = lambda _request: 500
    await api("POST", "Patient", patient("限"))
    await sender.once()
    assert len(there.received) == 2
    there.answer = lambda _request: 200
    async with database.transaction() as connection:
        await set_active(connection, closing.account_id, active=False)
    hospital.clock.forward(minutes=5)
    await api("POST", "Patient", patient("限"))
    await sender.once()
    assert len(there.received) == 2
    told = await api("GET", "Subscription/closing")
    assert told["status"] == "error"
    assert "closed" in told["error"] or "停用" in told["error"]


async def test_it_is_tried_again_then_held_until_somebody_wants_it_again(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital
) -> None:
    made = await api("POST", "Subscription", subscription(there, "Patient?family=败"))
    there.answer = lambda _request: 503
    await api("POST", "Patient", patient("败"))
    await sender.once()
    await sender.once()
    assert len(there.received) == 1  # it rests
    for _ in range(MOST_ATTEMPTS):
        hospital.clock.forward(minutes=11)
        await sender.once()
    assert len(there.received) == MOST_ATTEMPTS
    told = await api("GET", one_url(made))
    assert told["status"] == "error"
    assert "503" in told["error"]
    there.answer = lambda _request: 204
    await api("POST", "Patient", patient("败"))
    hospital.clock.forward(days=1)
    await sender.once()
    assert len(there.received) == MOST_ATTEMPTS  # held: what comes waits too
    await api("PUT", one_url(made), {**told, "status": "requested"})
    await sender.once()
    assert len(there.received) == MOST_ATTEMPTS + 2
    told = await api("GET", one_url(made))
    assert told["status"] == "active"
    assert "error" not in told


async def test_it_ends_and_it_is_switched_off(api: Api, there: Receiver, sender: Deliverer, hospital: Hospital) -> None:
    end = (hospital.clock() + timedelta(hours=1)).isoformat()
    ending = await api("POST", "Subscription", {**subscription(there, "Patient?family=终"), "end": end})
    off = await api("POST", "Subscription", subscription(there, "Patient?family=终"))
    await sender.once()
    await api("PUT", one_url(off), {**off, "status": "off"})
    hospital.clock.forward(hours=2)
    await api("POST", "Patient", patient("终"))
    await sender.once()
    assert not there.received
    assert (await api("GET", one_url(ending)))["status"] == "off"
    async with hospital.application.database.transaction() as connection:
        assert not await deliveries.waiting(connection)


async def test_what_is_sent_is_on_record(api: Api, there: Receiver, sender: Deliverer, hospital: Hospital) -> None:
    await api("POST", "Subscription", subscription(there, "Patient?family=录"))
    one = await api("POST", "Patient", patient("录"))
    await sender.once()
    async with hospital.application.database.transaction() as connection:
        query = "SELECT entities FROM audit_event WHERE command = 'fhir.subscription' ORDER BY id DESC LIMIT 1"
        row = await (await connection.execute(query)).fetchone()
    assert row is not None
    assert one_url(one) in row[0]


async def test_an_import_is_told_of(api: Api, there: Receiver, sender: Deliverer, hospital: Hospital) -> None:
    await api("POST", "Subscription", subscription(there, "Patient?family=批"))
    async with hospital.application.database.transaction() as connection:
        repository = hospital.application.context(connection, as_system("en")).repository
        lines = [b'{"resourceType":"Patient","id":"b%d","name":[{"family":"\xe6\x89\xb9"}]}' % n for n in range(3)]
        pack = packing.pack(lines, await reserve(connection, 3), await ingesting.surroundings(repository))
        assert await ingesting.write(repository, lines, pack) == [(), (), ()]
    await sender.once()
    assert sorted(request.path for request in there.received) == [f"/hook/Patient/b{n}" for n in range(3)]


async def test_criteria_that_became_void_are_told_and_others_do_not_wait(
    api: Api, there: Receiver, sender: Deliverer, hospital: Hospital
) -> None:
    parameter = {
        "resourceType": "SearchParameter",
        "url": "http://hospital/SearchParameter/nickname",
        "name": "nickname",
        "status": "active",
        "description": "test",
        "code": "nickname",
        "base": ["Patient"],
        "type": "string",
        "expression": "Patient.name.given",
    }
    made = await api("POST", "SearchParameter", parameter)
    application = hospital.application
    await finish_reindex(application.database, application.clock, application.zone)
    void = await api("POST", "Subscription", subscription(there, "Patient?nickname=空", endpoint=f"{there.url}/void"))
    await api("POST", "Subscription", subscription(there, "Patient?family=空"))
    await api("DELETE", one_url(made))
    await api("POST", "Patient", patient("空", id="x"))
    await sender.once()
    assert len(there.received) == 1
    told = await api("GET", one_url(void))
    assert told["status"] == "error"
    assert "nickname" in told["error"]
