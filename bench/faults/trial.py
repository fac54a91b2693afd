"""One trial: load, kills, the wait until all has gone out, and the verdict."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from bench.faults import records
from bench.faults.house import House, house
from bench.faults.judging import Verdict, judged
from bench.faults.writers import FHIR, HOT, Writer, patient, settling, signed_in
from tests.broker import missing
from tests.receiver import Received, Receiver, receiver
from xinglin.store.topics import BACKPORT, PREFIX

WRITERS, CASHIERS = 3, 2
PATIENCE, LONGEST = 30.0, 600.0
"""Seconds without progress, and in all, that everything gets to go out once nobody writes any more."""

BEHIND = 1000
"""How many changes may be on their way before the writers pause: a worker that is killed all the time must be able to
keep up with them."""

FAILURES = 0.002
"""How often the receiver says that it does not take what comes."""

WAITING = """
SELECT (SELECT count(*) FROM resource_change) + (SELECT count(*) FROM delivery) + (SELECT count(*) FROM outbox)
"""
Say = Callable[[str], object]


class Answers:
    """What the receiver answers, and how many changes it was told of by the one way that tells of them all."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.told = 0

    def __call__(self, request: Received) -> int:
        """A status; now and then one that refuses."""
        if self._chance.random() < FAILURES:
            return 503
        self.told += request.path.startswith("/hook/")
        return 200


async def trial(home: Path, *, kills: int, seed: int, say: Say) -> Verdict:
    """Runs a house in `home`, kills its parts so often, and judges what the receiver was told.

    Raises `TimeoutError` where a part does not come back.
    """
    say(f"seed {seed}: {kills} kills of a house with {WRITERS + CASHIERS} writers")
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(receiver())
        there.answer = answers = Answers(random.Random(seed))
        run = await stack.enter_async_context(house(home, random.Random(f"{seed} restarts")))
        if run.broker is None:
            say(f"without a broker: {missing()}")
        fhir = await stack.enter_async_context(signed_in(run.base, "integrator"))
        cashier = await stack.enter_async_context(signed_in(run.base, "cashier"))
        visits = await _furnish(fhir, there)
        await _name_webhook(run, there)
        before = await records.versions(run.conninfo)
        writers = [Writer(fhir, FHIR, number, seed) for number in range(WRITERS)]
        writers += [Writer(cashier, [settling(visit)], number, seed) for number, visit in enumerate(visits, WRITERS)]
        await _load(answers, writers, _kill(run, there, kills, random.Random(f"{seed} kills"), say))
        await _drained(run, say)
        acknowledged = {version for writer in writers for version in writer.done}
        return await _judged(run, there, kills, before, acknowledged)


async def _load(answers: Answers, writers: list[Writer], killing: Coroutine[Any, Any, None]) -> None:
    """Lets writers write as long as the killing lasts."""
    stop = asyncio.Event()

    def busy() -> bool:
        return sum(len(each.done) for each in writers) > answers.told + BEHIND

    async with asyncio.TaskGroup() as load:
        for writer in writers:
            load.create_task(writer.write(stop, busy))
        try:
            await killing
        finally:
            stop.set()


async def _judged(
    run: House, there: Receiver, kills: int, before: records.Versions, acknowledged: records.Versions
) -> Verdict:
    invoices = await records.invoices(run.conninfo)
    written = records.by_hook(await records.versions(run.conninfo) - before)
    committed = written | records.of_topic(written) | await records.numbers(run.conninfo) | set(invoices.values())
    told = [each for request in there.received for each in records.told(request, invoices)]
    if run.broker:
        committed |= records.by(records.BROKER, invoices.values())
        kept = await run.broker.messages(run.settings.nats_stream)
        told += [records.event(records.BROKER, each.data, invoices) for each in kept]
    return judged(kills, committed, records.by_hook(acknowledged), told)


async def _furnish(fhir: httpx.AsyncClient, there: Receiver) -> list[str]:
    """Subscribes to everything that is written, and makes the visits at which cashiers work."""
    for number in range(HOT):
        id = f"hot-{number}"
        (await fhir.put(f"/fhir/Patient/{id}", json={**patient("热"), "id": id})).raise_for_status()
    visits = []
    for number in range(CASHIERS):
        visit: dict[str, Any] = {"resourceType": "Encounter", "status": "arrived", "class": {"code": "AMB"}}
        answer = await fhir.post("/fhir/Encounter", json={**visit, "subject": {"reference": f"Patient/hot-{number}"}})
        visits.append(f"Encounter/{answer.raise_for_status().json()['id']}")
    channel: dict[str, Any] = {"type": "rest-hook", "payload": "application/fhir+json"}
    wanted = {"resourceType": "Subscription", "status": "requested", "reason": "trial"}
    content = {"url": f"{BACKPORT}backport-payload-content", "valueCode": "full-resource"}
    topical = {**channel, "endpoint": f"{there.url}/topic", "_payload": {"extension": [content]}}
    everything = [
        ({**channel, "endpoint": f"{there.url}/hook"}, f"{type}?_lastUpdated=gt2000-01-01") for type in records.TYPES
    ]
    for way, criteria in (*everything, (topical, f"{PREFIX}{records.TOPICAL}")):
        subscription = {**wanted, "channel": way, "criteria": criteria}
        (await fhir.post("/fhir/Subscription", json=subscription)).raise_for_status()
    return visits


async def _name_webhook(run: House, there: Receiver) -> None:
    async with signed_in(run.base, "administrator") as administrator:
        values = {"name": "trial", "url": f"{there.url}/event", "events": list(records.EVENTS)}
        (await administrator.post("/api/commands/webhooks.create", json=values)).raise_for_status()


async def _kill(run: House, there: Receiver, kills: int, chance: random.Random, say: Say) -> None:
    """Kills one part after the other, each as often as the others, when all run and the receiver hears something."""
    order = [part for _ in range(kills) for part in run.parts][:kills]
    chance.shuffle(order)
    begun = time.monotonic()
    for number, part in enumerate(order, 1):
        heard = len(there.received)
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        await run.kill(part)
        await asyncio.sleep(0.1)
        await run.ready()
        await _until_heard(there, heard)
        if number % 20 == 0 or number == kills:
            say(f"{number:4} kills, {len(there.received):,} requests, {time.monotonic() - begun:.0f} s")


async def _until_heard(there: Receiver, heard: int) -> None:
    """Waits until something has come since, for a while: a worker needs its time to start."""
    for _ in range(100):
        if len(there.received) > heard + 20:
            return
        await asyncio.sleep(0.1)


async def _drained(run: House, say: Say) -> None:
    """Waits until nothing waits any more; what still does is lost."""
    await run.ready()
    now = begun = progress = time.monotonic()
    least = None
    while now - progress < PATIENCE and now - begun < LONGEST:
        ((waiting,),) = await records.rows(run.conninfo, WAITING)
        if waiting == 0:
            return
        now = time.monotonic()
        if least is None or waiting < least:
            least, progress = waiting, now
        await asyncio.sleep(0.2)
    say(f"{least} still wait after {now - begun:.0f} s")
