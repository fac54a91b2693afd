"""One trial: load, kills, the wait until all has gone out, and the verdict."""

import asyncio
import random
import time
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.faults.house import House, house
from bench.faults.judging import Change, Told, Verdict, judged
from bench.faults.writers import FHIR, HOT, Writer, patient, settling, signed_in
from tests.receiver import Received, Receiver, receiver

WRITERS, CASHIERS = 3, 2
PATIENCE = 120.0
"""Seconds that everything gets to go out once nobody writes any more."""

FAILURES = 0.002
"""How often the receiver says that it does not take what comes."""

TYPES = ("Patient", "Observation", "ChargeItem", "Invoice")
HOOK = "rest-hook"
Say = Callable[[str], object]
Versions = set[tuple[str, str, int]]

VERSIONS = """
SELECT type, id, version FROM resource WHERE type = ANY(%(types)s) AND NOT deleted
UNION ALL SELECT type, id, version FROM resource_history WHERE type = ANY(%(types)s) AND NOT deleted
"""
WAITING = """
SELECT (SELECT count(*) FROM resource_change) + (SELECT count(*) FROM delivery) + (SELECT count(*) FROM outbox)
"""


async def trial(home: Path, *, kills: int, seed: int, say: Say) -> Verdict:
    """Runs a house in `home`, kills its parts so often, and judges what the receiver was told.

    Raises `TimeoutError` where a part does not come back.
    """
    chance = random.Random(seed)
    say(f"seed {seed}: {kills} kills of {WRITERS + CASHIERS} writers' house")
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(receiver())
        there.answer = lambda _request: 503 if chance.random() < FAILURES else 200
        run = await stack.enter_async_context(house(home, random.Random(f"{seed} restarts")))
        fhir = await stack.enter_async_context(signed_in(run.base, "integrator"))
        cashier = await stack.enter_async_context(signed_in(run.base, "cashier"))
        visits = await _furnish(fhir, there)
        before = await _versions(run)
        writers = [Writer(fhir, number, seed) for number in range(WRITERS)]
        cashiers = [Writer(cashier, WRITERS + number, seed) for number in range(CASHIERS)]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as load:
            for writer in writers:
                load.create_task(writer.write(FHIR, stop))
            for writer, visit in zip(cashiers, visits, strict=True):
                load.create_task(writer.write([settling(visit)], stop))
            try:
                await _kill(run, there, kills, random.Random(f"{seed} kills"), say)
            finally:
                stop.set()
        await _drained(run, say)
        committed = await _versions(run) - before
    acknowledged = {version for writer in [*writers, *cashiers] for version in writer.done}
    return judged(kills, _by_hook(committed), _by_hook(acknowledged), [_told(each) for each in there.received])


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
    for type in TYPES:
        channel = {"type": "rest-hook", "endpoint": f"{there.url}/hook", "payload": "application/fhir+json"}
        wanted = {"resourceType": "Subscription", "status": "requested", "reason": "trial", "channel": channel}
        criteria = f"{type}?_lastUpdated=gt2000-01-01"
        (await fhir.post("/fhir/Subscription", json={**wanted, "criteria": criteria})).raise_for_status()
    return visits


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
    end = time.monotonic() + PATIENCE
    waiting = 1
    while waiting and time.monotonic() < end:
        await asyncio.sleep(0.2)
        ((waiting,),) = await _rows(run, WAITING)
    if waiting:
        say(f"{waiting} still wait after {PATIENCE:.0f} s")


async def _versions(run: House) -> Versions:
    return {(type, id, version) for type, id, version in await _rows(run, VERSIONS)}


async def _rows(run: House, query: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(run.conninfo) as connection:
        return await (await connection.execute(query, {"types": list(TYPES)})).fetchall()


def _by_hook(versions: Collection[tuple[str, str, int]]) -> set[Change]:
    return {Change(HOOK, f"{type}/{id}", version) for type, id, version in versions if type in TYPES}


def _told(request: Received) -> Told:
    resource = request.json
    return Told(HOOK, request.path.removeprefix("/hook/"), int(resource["meta"]["versionId"]), request.body)
