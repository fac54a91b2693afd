"""Looking after work that does not get on: jobs, events that were given up, channels that are held."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.hospital import Hospital
from xinglin.exchange.fhir.bulk import exporting
from xinglin.fhir.outcome import BadRequest, NotFound
from xinglin.kernel.context import as_system
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.platform import background, deliveries, jobs, outbox
from xinglin.platform.deliveries import Deliverer, Delivery, Undeliverable
from xinglin.store import subscribing

SECRET = "慕容寻踪"


@jobs.task("tests.kept")
async def kept(name: str) -> None:
    """Never done here; jobs of it are put into the states that a worker would leave them in."""


@pytest.fixture(autouse=True)
async def nothing_there(hospital: Hospital) -> AsyncIterator[None]:
    yield
    async with hospital.application.database.transaction() as connection:
        await connection.execute("DELETE FROM procrastinate_jobs")
        await connection.execute("TRUNCATE outbox, delivery, delivery_pause, job_failure")


async def failed_job(hospital: Hospital, task: Any = kept, **arguments: Any) -> int:
    """A job as it is after its last attempt."""
    async with hospital.application.database.transaction() as connection:
        id = await jobs.enqueue(connection, task, **arguments)
        assert id is not None
        failed = "UPDATE procrastinate_jobs SET status = 'failed', attempts = 8 WHERE id = %s"
        await connection.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", (id,))
        await connection.execute(failed, (id,))
        error = "builtins.ValueError at xinglin/x.py:1 run"
        await connection.execute(jobs.queries.job_failed, {"job": id, "error": error})
    return id


async def entry(hospital: Hospital, command: str) -> tuple[list[str], str | None]:
    """What the record says of a command: what it was about, and why."""
    async with hospital.application.database.transaction() as connection:
        query = "SELECT entities, detail FROM audit_event WHERE command = %s ORDER BY id DESC LIMIT 1"
        row = await (await connection.execute(query, (command,))).fetchone()
    assert row is not None
    return list(row[0]), row[1]


async def test_a_failed_job_is_tried_again_or_discarded(hospital: Hospital) -> None:
    first, second = await failed_job(hospital, name=SECRET), await failed_job(hospital, name="x")
    rows = await hospital.rows("administrator", "jobs.all", status="failed")
    assert [(row.key, row.state, row.attempts) for row in rows] == [
        (f"job/{second}", "failed", 8),
        (f"job/{first}", "failed", 8),
    ]
    assert rows[0].error == "builtins.ValueError"
    (newest,) = await hospital.rows("administrator", "jobs.all", limit=1)
    (older,) = await hospital.rows("administrator", "jobs.all", limit=1, cursor=str(second))
    assert (newest.key, older.key) == (f"job/{second}", f"job/{first}")
    with pytest.raises(BadRequest):
        await hospital.rows("administrator", "jobs.all", cursor="job/x")
    await hospital.do("administrator", "jobs.try_again", job=f"job/{first}")
    assert await entry(hospital, "jobs.try_again") == ([f"job/{first}"], None)
    (waiting,) = await hospital.rows("administrator", "jobs.all", status="todo")
    assert (waiting.key, waiting.state, waiting.attempts) == (f"job/{first}", "waiting", 0)
    with pytest.raises(Refused):
        await hospital.do("administrator", "jobs.try_again", job=f"job/{first}")
    with pytest.raises(BadRequest):
        await hospital.do("administrator", "jobs.discard", job=f"job/{second}", reason="")
    await hospital.do("administrator", "jobs.discard", job=f"job/{second}", reason="no longer needed")
    assert await entry(hospital, "jobs.discard") == ([f"job/{second}"], "no longer needed")
    with pytest.raises(Refused):
        await hospital.do("administrator", "jobs.discard", job=f"job/{second}", reason="no longer needed")
    assert len(await hospital.rows("administrator", "jobs.all")) == 1


async def test_nobody_else_may(hospital: Hospital) -> None:
    id = await failed_job(hospital, name="x")
    for login in ("doctor", "manager", "auditor", "integrator"):
        with pytest.raises(NotPermitted):
            await hospital.rows(login, "jobs.all")
        with pytest.raises(NotPermitted):
            await hospital.do(login, "jobs.discard", job=f"job/{id}", reason="only trying")
    with pytest.raises(NotPermitted):
        await hospital.rows("administrator", "jobs.own")


async def test_an_event_that_was_given_up(hospital: Hospital) -> None:
    database, now = hospital.application.database, hospital.clock()

    async def publish(key: str) -> None:
        async with database.transaction() as connection:
            payload = {"subject": key, "data": {"note": SECRET, "number": 3}}
            await outbox.publish(connection, event="tests.happened", payload=payload, key=key, at=now)

    async def fails(_connection: Any, _event: Any) -> None:
        raise ValueError(f"{SECRET} is not known")

    handlers = {"tests.happened": {"tests.handler": fails}}
    for key in ("Encounter/a", "Encounter/b"):
        await publish(key)
    for round in range(outbox.MOST_ATTEMPTS):
        await outbox.deliver(database, handlers, now=now + timedelta(hours=round))
    first, second = await hospital.rows("administrator", "jobs.parked")
    assert (first.event, first.about, first.error) == ("tests.happened", "Encounter/a", "ValueError")
    assert SECRET not in repr((first, second))
    await hospital.do("administrator", "jobs.try_event_again", event=first.key)
    await hospital.do("administrator", "jobs.discard_event", event=second.key, reason="entered twice")
    assert await entry(hospital, "jobs.discard_event") == ([second.key], "entered twice")
    for event in (first.key, second.key):
        with pytest.raises(Refused):
            await hospital.do("administrator", "jobs.try_event_again", event=event)
        with pytest.raises(Refused):
            await hospital.do("administrator", "jobs.discard_event", event=event, reason="entered twice")
    done: list[str] = []

    async def works(_connection: Any, event: outbox.Published) -> None:
        done.append(event.key)

    await outbox.deliver(database, {"tests.happened": {"tests.handler": works}}, now=now + timedelta(days=2))
    assert done == ["Encounter/a"]


async def test_what_waits_for_a_person_is_counted(hospital: Hospital) -> None:
    assert await hospital.rows("administrator", "jobs.trouble") == []
    await failed_job(hospital, name="x")
    await failed_job(hospital, name="y")
    await held(hospital, Receiver(), "subscription/gone")
    page = await hospital.application.view("jobs.trouble", {}, hospital.people["administrator"])
    assert [(row.key, row.count) for row in page.rows] == [("jobs", 2), ("channels", 1)]
    assert page.total == 3


class Receiver:
    """Takes nothing until it is told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.works = False

    async def send(self, delivery: Delivery) -> None:
        if not self.works:
            raise Undeliverable("The receiver answered 503; 200 to 299 were expected")
        self.taken.append(delivery.key)


async def held(hospital: Hospital, there: Receiver, channel: str) -> Deliverer:
    """A deliverer whose channel is held, with two deliveries that wait."""
    now = hospital.clock()
    async with hospital.application.database.transaction() as connection:
        for key in ("Observation/a", "Observation/b"):
            await deliveries.add(connection, channel=channel, key=key, payload={}, at=now)
    moments = iter(now + timedelta(hours=hour) for hour in range(1000))
    sender = Deliverer(hospital.application.database, {"subscription": there.send}, clock=lambda: next(moments))
    for _round in range(deliveries.MOST_ATTEMPTS):
        await sender.once()
    return sender


async def test_a_channel_that_is_held_goes_on(hospital: Hospital) -> None:
    there = Receiver()
    sender = await held(hospital, there, "subscription/gone")
    (row,) = await hospital.rows("administrator", "jobs.channels")
    assert (row.key, row.state, row.count) == ("subscription/gone", "held", 2)
    assert "503" in row.error
    there.works = True
    assert await sender.once() == 0
    await hospital.do("administrator", "jobs.resume_channel", channel=row.key)
    assert await sender.once() == 2
    assert there.taken == ["Observation/a", "Observation/b"]
    assert await hospital.rows("administrator", "jobs.channels") == []
    with pytest.raises(Refused):
        await hospital.do("administrator", "jobs.resume_channel", channel=row.key)
    with pytest.raises(Refused):
        await hospital.do("administrator", "jobs.drop_channel", channel=row.key, reason="gone long ago")


async def test_a_subscription_goes_on_for_whom_it_was(hospital: Hospital) -> None:
    application = hospital.application
    async with application.database.transaction() as connection:
        context = application.context(connection, hospital.people["integrator"])
        endpoint = {"type": "rest-hook", "endpoint": "https://registry.example/fhir"}
        wanted = {"status": "requested", "reason": "x", "criteria": "Observation?status=final", "channel": endpoint}
        made = await context.create({"resourceType": "Subscription", **wanted})
        system = application.context(connection, as_system("en"))
        await system.update({**made, "status": "error", "error": "The receiver answered 503"})
    await held(hospital, Receiver(), f"subscription/{made['id']}")
    values = {"channel": f"subscription/{made['id']}", "reason": "the receiver has moved"}
    await hospital.do("administrator", "jobs.drop_channel", **values)
    subjects, reason = await entry(hospital, "jobs.drop_channel")
    assert (sorted(subjects), reason) == (
        [f"Subscription/{made['id']}", f"subscription/{made['id']}"],
        "the receiver has moved",
    )
    async with application.database.transaction() as connection:
        found = await subscribing.find(connection, made["id"])
        assert found is not None
        assert (found.status, found.account) == ("requested", hospital.people["integrator"].account_id)
        assert await deliveries.waiting(connection) == []
    assert "error" not in await hospital.read(f"Subscription/{made['id']}")


async def asked_for(hospital: Hospital, kind: str, login: str = "integrator", **inputs: str) -> str:
    """The id of work that somebody asked for."""
    application = hospital.application
    async with application.database.transaction() as connection:
        repository = application.context(connection, hospital.people[login]).repository
        return str((await background.create(repository, kind, inputs))["id"])


async def moved(
    hospital: Hospital, kind: str, id: str, status: str, *output: tuple[str, str], reason: str = ""
) -> bool:
    """Moves work on as its worker does."""
    application = hospital.application
    async with application.database.transaction() as connection:
        repository = application.context(connection, as_system("en")).repository
        return await background.move(repository, kind, id, status, list(output), reason)


async def test_whoever_asked_sees_how_far_it_is_and_that_it_ended(hospital: Hospital) -> None:
    export = await asked_for(hospital, "export", _type="Patient")
    reindex = await asked_for(hospital, "reindex")
    import_ = await asked_for(hospital, "import")
    stranger = await asked_for(hospital, "export", login="administrator")
    await moved(hospital, "export", export, "in-progress", *background.made(3, 24))
    await moved(hospital, "import", import_, "in-progress", ("accepted", "7"), *background.made(45, 100))
    await moved(hospital, "reindex", reindex, "in-progress", *background.made(1200, 3000))
    rows = {row.key: row for row in await hospital.rows("integrator", "jobs.own")}
    assert rows.keys() == {f"Task/{id}" for id in (export, reindex, import_)}
    told = [(rows[f"Task/{id}"].progress, rows[f"Task/{id}"].state) for id in (export, import_, reindex)]
    assert [state for _, state in told] == ["open", "open", "going"]
    assert ["3" in told[0][0], told[1][0], "1,200" in told[2][0]] == [True, "45 %", True]
    assert await hospital.rows("integrator", "jobs.ended") == []

    await moved(hospital, "export", export, "completed", ("Patient.1.ndjson", "12"))
    await moved(hospital, "import", import_, "failed", reason=jobs.GIVEN_UP)
    ended = {row.key: row.result for row in await hospital.rows("integrator", "jobs.ended")}
    assert ended.keys() == {f"Task/{export}", f"Task/{import_}"}
    assert ended[f"Task/{import_}"] == jobs.GIVEN_UP
    await hospital.do("integrator", "jobs.notice", task=f"Task/{export}")
    (left,) = await hospital.rows("integrator", "jobs.ended")
    assert left.key == f"Task/{import_}"
    for command in ("jobs.cancel", "jobs.notice"):
        with pytest.raises(NotFound):
            await hospital.do("integrator", command, task=f"Task/{stranger}")


async def test_cancelling_ones_own(hospital: Hospital) -> None:
    export, reindex = await asked_for(hospital, "export"), await asked_for(hospital, "reindex")
    await hospital.do("integrator", "jobs.cancel", task=f"Task/{export}")
    assert not await moved(hospital, "export", export, "in-progress"), "its worker sees that it was cancelled"
    with pytest.raises(Refused):
        await hospital.do("integrator", "jobs.cancel", task=f"Task/{export}")
    with pytest.raises(Refused):
        await hospital.do("integrator", "jobs.cancel", task=f"Task/{reindex}")
    mine = [row.state for row in await hospital.rows("integrator", "jobs.own") if row.key == f"Task/{export}"]
    assert mine == ["ended"]


async def test_the_task_follows_its_job(hospital: Hospital) -> None:
    """What is tried again is no longer failed for whoever asked; what is discarded says why."""
    id = await asked_for(hospital, "export")
    job = await failed_job(hospital, exporting.export, id=id)
    await moved(hospital, "export", id, "failed", reason=jobs.GIVEN_UP)
    await hospital.do("administrator", "jobs.try_again", job=f"job/{job}")
    assert (await hospital.read(f"Task/{id}"))["status"] == "requested"
    await hospital.do("administrator", "jobs.discard", job=f"job/{job}", reason="asked for by mistake")
    task = await hospital.read(f"Task/{id}")
    assert (task["status"], task["statusReason"]["text"]) == ("cancelled", "asked for by mistake")
