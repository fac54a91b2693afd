"""Checks the audit against its seals, row by row, in a memory that does not grow with it."""

import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from xinglin.platform.audit.chain import (
    ALGORITHMS,
    BEGINNING,
    GONE,
    SIZE,
    Head,
    Seal,
    ensure_there,
    row_digest,
    seal_digest,
    seal_mac,
)
from xinglin.platform.audit.entries import queries
from xinglin.platform.audit.keys import Key
from xinglin.platform.audit.sealing import lag

BEFORE = timedelta(hours=1)
"""A row may tell of a moment so long before the seal that it should have been in: transactions take their time."""


@dataclass(frozen=True)
class Fault:
    """What is wrong. `events`: first and last number of the rows, None where it is the seal."""

    what: str
    seal: int | None = None
    events: tuple[int, int] | None = None

    def __str__(self) -> str:
        parts = []
        if self.events is not None:
            first, last = self.events
            parts.append(f"row {first}" if first == last else f"rows {first} to {last}")
        if self.seal is not None:
            parts.append(f"seal {self.seal}")
        return f"{', '.join(parts) or 'chain'}: {self.what}"


@dataclass
class Report:
    """What was checked and what was found. `late` rows tell of a time long before they were written; that may be a
    clock that went wrong, so it is told and not held against the record."""

    seals: int = 0
    events: int = 0
    waiting: int = 0
    oldest: datetime | None = None
    head: Head | None = None
    late: int = 0
    first_late: int | None = None
    faults: int = 0
    first: Fault | None = None
    tell: Callable[[Fault], object] = field(default=lambda _fault: None, repr=False)

    def add(self, fault: Fault) -> None:
        """Notes a fault and tells it at once."""
        self.faults += 1
        self.first = self.first or fault
        self.tell(fault)

    def add_events(self, what: str, numbers: Iterable[int], seal: int | None = None) -> None:
        """Notes rows that are wrong in the same way, neighbours together."""
        for events in _runs(sorted(numbers)):
            self.add(Fault(what, seal, events))


async def verify(
    connection: psycopg.AsyncConnection[Any],
    keys: Sequence[Key] | None,
    *,
    heads: Iterable[Head] = (),
    tell: Callable[[Fault], object] = lambda _fault: None,
) -> Report:
    """Checks all seals, all rows and all that waits, within the caller's transaction (REPEATABLE READ).

    `keys` None: HMACs are not checked. `heads` are ends of the chain that were kept elsewhere. `tell` gets each fault
    as it is found. Raises `AlgorithmError` where a hash of the seals is not on this machine.
    """
    for algorithm in ALGORITHMS:
        if await (await connection.execute(queries.sealed_by, {"algorithm": algorithm})).fetchone():
            ensure_there(algorithm)
    report = Report(tell=tell)
    chain = _Chain(report, None if keys is None else {key.name: key for key in keys}, {})
    for head in heads:
        chain.heads.setdefault(head.number, []).append(head)
    async for seal in _seals(connection):
        chain.follow(seal)
        await _rows(connection, seal, report, chain)
    chain.end()
    await connection.execute(queries.plan_by_hashes)
    await _ranges(connection, queries.uncovered, "is in no seal and does not wait for one: inserted", report, "loose")
    await _ranges(connection, queries.vanished, "is gone, before it was sealed: removed", report, "vanished")
    behind = await lag(connection)
    report.waiting, report.oldest = behind.waiting, behind.oldest
    return report


class _Chain:
    """Follows the seals from the first on."""

    def __init__(self, report: Report, keys: dict[str, Key] | None, heads: dict[int, list[Head]]) -> None:
        self.report, self.keys, self.heads = report, keys, heads
        self.number, self.digest = 0, BEGINNING
        self.drained: float | None = None
        """When the last seal before the present one was made that left nothing to be sealed, in seconds since 1970."""

    def follow(self, seal: Seal) -> None:
        """Checks that a seal is whole and follows the one before it."""
        add = self.report.add
        self.report.seals += 1
        if seal.number != self.number + 1:
            missing = f"{self.number + 1} to {seal.number - 1}"
            add(Fault(f"the seals {missing} are missing before it", seal.number))
        elif seal.previous != self.digest:
            add(Fault("does not follow the seal before it", seal.number))
        if seal.algorithm not in ALGORITHMS:
            add(Fault(f"its algorithm {seal.algorithm!r} is not one of {', '.join(ALGORITHMS)}", seal.number))
        elif len(seal.digests) != SIZE * len(seal.events) or seal_digest(seal) != seal.digest:
            add(Fault("was changed", seal.number))
        elif (reason := self._mac(seal)) is not None:
            add(Fault(reason, seal.number))
        for head in self.heads.pop(seal.number, ()):
            if head.digest != seal.digest:
                add(Fault("is another one than the head that was kept", seal.number))
        self.number, self.digest, self.report.head = seal.number, seal.digest, seal.head

    def _mac(self, seal: Seal) -> str | None:
        if self.keys is None:
            return None
        key = self.keys.get(seal.key)
        if key is None:
            return f"was made with the key {seal.key}, which is not among ours"
        made = seal_mac(seal.algorithm, key.secret, seal.digest)
        return None if hmac.compare_digest(made, seal.mac) else "was not made with its key: its HMAC is wrong"

    def end(self) -> None:
        """Checks that the chain is as long as was known before."""
        for number in sorted(self.heads):
            self.report.add(Fault(f"the chain ends at seal {self.number}, but seal {number} was known: cut off"))


async def _rows(connection: psycopg.AsyncConnection[Any], seal: Seal, report: Report, chain: _Chain) -> None:
    """Compares the rows of a seal with their digests."""
    places = {event: position for position, event in enumerate(seal.events)}
    seen: set[int] = set()
    changed, twice = [], []
    known = seal.algorithm in ALGORITHMS
    cursor = await connection.execute(queries.events_of_seal, {"events": list(seal.events)})
    async for row in cursor:
        report.events += 1
        if row[0] in seen:
            twice.append(row[0])
        seen.add(row[0])
        if known and row_digest(seal.algorithm, row) != seal.digest_of(places[row[0]]):
            changed.append(row[0])
        if chain.drained is not None and float(row[1]) < chain.drained - BEFORE.total_seconds():
            report.late += 1
            report.first_late = report.first_late or row[0]
    gone = {event for event, place in places.items() if seal.digest_of(place) == GONE}
    report.add_events("changed", set(changed) - gone, seal.number)
    report.add_events("there twice: inserted", twice, seal.number)
    report.add_events("removed", places.keys() - seen - gone, seal.number)
    report.add_events("was removed before it was sealed", gone, seal.number)
    if seal.drained:
        chain.drained = float(seal.at)


async def _seals(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[Seal]:
    async with connection.cursor(name="seals") as cursor:
        cursor.itersize = 10
        await cursor.execute(queries.seals)
        async for row in cursor:
            number, at, algorithm, key, drained, events, *texts = row
            yield Seal(number, at, algorithm, key, drained, tuple(events), *(bytes(text) for text in texts))


async def _ranges(
    connection: psycopg.AsyncConnection[Any], query: Any, what: str, report: Report, cursor_name: str
) -> None:
    """Notes the rows that a query names, in order, neighbours together."""
    run: tuple[int, int] | None = None
    async with connection.cursor(name=cursor_name) as cursor:
        await cursor.execute(query)
        async for (number,) in cursor:
            if run is not None and number <= run[1] + 1:
                run = (run[0], number)
                continue
            if run is not None:
                report.add(Fault(what, events=run))
            run = (number, number)
    if run is not None:
        report.add(Fault(what, events=run))


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
