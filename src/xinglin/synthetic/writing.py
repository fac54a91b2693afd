"""A hospital in a database: made and indexed by several processes, written by one connection, batch after batch.

Every batch is a transaction, and they are written in their order. So a hospital whose making was interrupted is
finished by making it again: what is there is skipped, up to the first batch that is not.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from xinglin.capabilities.pharmacy.batches import DISPENSED, SUPPLIER, WINDOW, Batch
from xinglin.fhir import build, json
from xinglin.fhir.outcome import Conflict, NotFound
from xinglin.fhir.types import Resource
from xinglin.ledger.books import Books
from xinglin.store.copying import reserve
from xinglin.store.ingesting import surroundings, write
from xinglin.store.loading import analyze
from xinglin.store.packing import Pack, Surroundings, pack
from xinglin.store.repository import Repository
from xinglin.synthetic import files
from xinglin.synthetic.catalogue.medicines import formulary
from xinglin.synthetic.duplicates import truth
from xinglin.synthetic.hospital import ZONE
from xinglin.synthetic.making import batches, lines, most
from xinglin.synthetic.masters import masters
from xinglin.synthetic.masters.organization import HOSPITAL, MARK
from xinglin.synthetic.plan import Plan
from xinglin.synthetic.running import Progress, in_order
from xinglin.synthetic.timeline import History

Transaction = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
"""Opens a transaction that commits when its block ends well, such as `Database.transaction`."""

STOCK = 500
"""Packs of every medicine."""

SHELF_LIFE = timedelta(days=730)

OTHERS = ("Patient", "Practitioner", "Organization", "Encounter")
"""Types of which a database must hold nothing, if it is to get a synthetic hospital."""

LINES = 1000
"""Resources of master data that are packed at once."""

ANALYZED = frozenset({1, 4, 16, 64})
"""Batches after which the planner is told what there is. Knowing nothing, it looks for what exists already by reading
all of it, which costs more with every batch, until autovacuum comes by."""


async def write_hospital(
    plan: Plan,
    transaction: Transaction,
    clock: Callable[[], datetime],
    echo: Callable[[str], object],
    *,
    report: Path | None = None,
) -> int:
    """Writes a hospital, or the rest of it, and returns how many resources that were. `report` gets the truth about
    second registrations.

    Raises `Conflict` where the database holds another hospital, synthetic or not.
    """
    async with transaction() as connection:
        repository = _repository(connection, clock())
        count = 0
        if not await _begun(repository, plan):
            count = await _masters(repository, plan)
    echo(f"{count:,} resources of master data" if count else "The master data are there already")
    progress = Progress(plan, echo)
    rest = await _missing(plan, transaction, clock, progress)

    async def given(batch: list[History]) -> tuple[list[int], Surroundings]:
        async with transaction() as connection:
            keys = await reserve(connection, sum(map(most, batch)))
            return keys, await surroundings(_repository(connection, clock()))

    written = 0
    async for batch, (made, packed) in in_order(plan, rest, given, _packed):
        async with transaction() as connection:
            await _write(_repository(connection, clock()), made, packed)
        count += len(made)
        progress.add(len(batch), len(made))
        written += 1
        if written in ANALYZED:
            await analyze(transaction)
    if report:
        await asyncio.to_thread(_report, plan, report)
    await analyze(transaction)
    return count


def _report(plan: Plan, path: Path) -> None:
    path.unlink(missing_ok=True)
    for batch in batches(plan):
        files.append_truth(path, list(truth(plan, batch)))


def _repository(connection: AsyncConnection[Any], now: datetime) -> Repository:
    # unlimited: an operator at the machine makes the hospital.
    return Repository(connection, now=now, zone=ZONE)


async def _begun(repository: Repository, plan: Plan) -> bool:
    """Whether this very hospital is there, or a part of it. Raises `Conflict` where another one is."""
    try:
        held = build.find_identifier(await repository.read("Organization", HOSPITAL), MARK)
    except NotFound:
        held = None
    if held == plan.text:
        return True
    if held:
        raise Conflict(f"The database holds a synthetic hospital already, made with {held}; this one is {plan.text}")
    for type in OTHERS:
        if (await repository.search(type, "_count=1")).resources:
            text = f"The database holds resources of type {type} that are not synthetic"
            raise Conflict(f"{text}; name an empty database, or write files with --out")
    return False


async def _masters(repository: Repository, plan: Plan) -> int:
    """Writes the master data and the first stock, in one transaction."""
    every: Iterator[Resource] = masters(plan)
    count = 0
    around = await surroundings(repository)
    while some := [json.dumps(resource) for resource in islice(every, LINES)]:
        keys = await reserve(repository.connection, 2 * len(some))
        await _write(repository, some, pack(some, keys, around))
        count += len(some)
    await _stock(Books(repository.connection, now=repository.now), plan.until)
    return count


async def _stock(books: Books, day: date) -> None:
    """What the window has of every medicine, as pharmacy receives it: one batch that keeps for two years."""
    for code in formulary():
        batch = Batch(WINDOW, code, day + SHELF_LIFE, "SYN-001")
        window, supplier = batch.account, batch.at(SUPPLIER).account
        await books.open_account(window, "stock", code, floor_zero=True)
        for account in (supplier, batch.at(DISPENSED).account):
            await books.open_account(account, "stock", code)
        taken = [(supplier, Decimal(-STOCK), code), (window, Decimal(STOCK), code)]
        await books.post(f"synthetic-{code}", taken, memo="first stock")


async def _missing(
    plan: Plan, transaction: Transaction, clock: Callable[[], datetime], progress: Progress
) -> Iterable[list[History]]:
    """The batches from the first one on that is not there."""
    every = batches(plan)
    for batch in every:
        async with transaction() as connection:
            first = ("Patient", plan.id("p", batch[0].number))
            if not await _repository(connection, clock()).read_many([first]):
                return chain([batch], every)
        progress.skip(len(batch))
    return ()


def _packed(plan: Plan, batch: list[History], keys: list[int], around: Surroundings) -> tuple[list[bytes], Pack]:
    made = lines(plan, batch)
    if len(made) > len(keys):
        raise RuntimeError(f"{len(made)} resources of a batch and {len(keys)} keys for them")
    return made, pack(made, keys, around)


async def _write(repository: Repository, made: list[bytes], packed: Pack) -> None:
    """Writes a batch; all of it, for what the hospital makes has to be valid."""
    for line, issues in zip(made, await write(repository, made, packed), strict=True):
        if issues:
            raise RuntimeError(f"{issues[0].expression}: {issues[0].diagnostics} in {line.decode()[:200]}")
