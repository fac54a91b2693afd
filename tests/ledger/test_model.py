"""Random histories of the books against a model in memory."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from xinglin.ledger.books import AlreadyReversed, Books, InsufficientBalance
from xinglin.platform.database import Database

T = TypeVar("T")
NOW = datetime(2026, 3, 2, tzinfo=UTC)
UNITS = {"CNY": "money", "USD": "money", "AMOX-250": "stock"}


@dataclass
class Model:
    """What the books ought to hold."""

    balances: dict[str, Decimal] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    floors: set[str] = field(default_factory=set)
    entries: dict[int, list[tuple[str, Decimal, str]]] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    """Entries that can no longer be reversed."""

    def short(self, lines: list[tuple[str, Decimal, str]]) -> bool:
        after = dict(self.balances)
        for code, amount, _ in lines:
            after[code] += amount
        return any(after[code] < 0 for code in self.floors)

    def apply(self, entry: int, lines: list[tuple[str, Decimal, str]]) -> None:
        for code, amount, _ in lines:
            self.balances[code] += amount
        self.entries[entry] = lines


class BooksMachine(RuleBasedStateMachine):
    """Every step commits to the database, and is then compared with the model."""

    database: ClassVar[Database]
    accounts = Bundle("accounts")
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.connection = self.run(self.stack.enter_async_context(self.database.session()))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def committed(self, work: Coroutine[Any, Any, T]) -> T:
        async with self.connection.transaction():
            return await work

    @property
    def books(self) -> Books:
        return Books(self.connection, now=NOW)

    @rule(target=accounts, unit=st.sampled_from(sorted(UNITS)), floor=st.booleans())
    def open_account(self, unit: str, floor: bool) -> str:
        code = uuid4().hex
        kind: Any = UNITS[unit]
        self.run(self.committed(self.books.open_account(code, kind, unit, floor_zero=floor)))
        self.model.balances[code], self.model.units[code] = Decimal(0), unit
        self.model.floors |= {code} if floor else set()
        return code

    @rule(target=entries, pairs=st.lists(st.tuples(accounts, accounts, st.integers(1, 10**6)), min_size=1, max_size=4))
    def post(self, pairs: list[tuple[str, str, int]]) -> Any:
        lines = []
        for source, target, hundredths in pairs:
            if self.model.units[source] == self.model.units[target]:
                amount, unit = Decimal(hundredths) / 100, self.model.units[source]
                lines += [(source, -amount, unit), (target, amount, unit)]
        if not lines:
            return multiple()
        try:
            entry = self.run(self.committed(self.books.post("model", lines)))
        except InsufficientBalance:
            assert self.model.short(lines)
            return multiple()
        assert not self.model.short(lines)
        self.model.apply(entry, lines)
        return entry

    @rule(entry=entries)
    def reverse(self, entry: int) -> None:
        lines = [(code, -amount, unit) for code, amount, unit in self.model.entries[entry]]
        try:
            reversal = self.run(self.committed(self.books.reverse(entry)))
        except AlreadyReversed:
            assert entry in self.model.settled
        except InsufficientBalance:
            assert self.model.short(lines)
        else:
            assert entry not in self.model.settled
            assert not self.model.short(lines)
            self.model.apply(reversal, lines)
            self.model.settled |= {entry, reversal}

    @invariant()
    def books_equal_the_model(self) -> None:
        for code, balance in self.model.balances.items():
            assert self.run(self.committed(self.books.balance(code))) == balance
        by_unit = {unit: Decimal(0) for unit in UNITS}
        for code, balance in self.model.balances.items():
            by_unit[self.model.units[code]] += balance
        assert not any(by_unit.values())

    def teardown(self) -> None:
        assert self.run(self.committed(self.books.faults())) == []
        self.run(self.stack.aclose())
        self.runner.close()


def test_random_histories(database: Database) -> None:
    run_state_machine_as_test(
        type("Bound", (BooksMachine,), {"database": database}),
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
