"""Stock, whatever happens in whichever order: never below zero, always balanced, the first to expire first."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.hospital import REGISTRY
from tests.postgres import Databases
from xinglin.capabilities.pharmacy import batches
from xinglin.capabilities.pharmacy.batches import Batch
from xinglin.kernel.context import Context, as_system
from xinglin.kernel.errors import Refused
from xinglin.platform.database import Database

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
CODE = "AMOX"
LOTS = {f"L{number}": NOW.date() + timedelta(days=days) for number, days in enumerate((-5, 0, 30, 90, 365))}
packs_ = st.integers(1, 12).map(Decimal)
lots = st.sampled_from(sorted(LOTS))
places = st.sampled_from(["window", "store"])
Work = Callable[[Context], Coroutine[Any, Any, Any]]


class Stock(RuleBasedStateMachine):
    """The stock in the books beside what it must be, by place and lot; lines keep what was reserved for them."""

    run: Callable[[Work], Any]

    def __init__(self) -> None:
        super().__init__()
        self.code = f"{CODE}-{id(self)}"
        self.there: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.lines: dict[str, str] = {}
        self.count = 0

    def batch(self, place: str, lot: str, packs: Decimal) -> Batch:
        """A batch of this run's medicine."""
        return Batch(place, self.code, LOTS[lot], lot, packs)

    def name(self) -> str:
        """A new document."""
        self.count += 1
        return f"{self.code}/{self.count}"

    def book(self, reference: str, moved: list[Batch], to: str) -> bool:
        """Books it here and there; tells whether the stock sufficed."""

        async def work(context: Context) -> None:
            await batches.move(context, reference, moved, to, "test")

        short = any(
            each.place not in batches.OUTSIDE and self.there[each.place, each.lot] < each.packs for each in moved
        )
        if short:
            with pytest.raises(Refused):
                self.run(work)
            return False
        self.run(work)
        for each in moved:
            self.there[each.place, each.lot] -= each.packs
            self.there[to, each.lot] += each.packs
        return True

    @rule(place=places, lot=lots, packs=packs_)
    def receive(self, place: str, lot: str, packs: Decimal) -> None:
        """Goods come."""
        self.book(self.name(), [self.batch("supplier", lot, packs)], place)

    @rule(lot=lots, packs=packs_, back=st.booleans())
    def transfer(self, lot: str, packs: Decimal, back: bool) -> None:
        """Goods go from one place to another, or are sent back on the way."""
        reference = self.name()
        if self.book(reference, [self.batch("store", lot, packs)], "transit"):
            way = self.run(lambda context: batches.moved_to(context, reference, "transit"))
            assert way == [self.batch("transit", lot, packs)]
            self.book(reference, way, "store" if back else "window")

    @rule(packs=packs_)
    def reserve(self, packs: Decimal) -> None:
        """A patient pays: the batches that expire first are kept, none that has expired, or nothing at all."""
        reference = self.name()

        async def work(context: Context) -> list[Batch]:
            picked = await batches.take(context, "window", self.code, packs)
            if picked:
                await batches.move(context, reference, picked, "reserved", "test")
            return picked

        usable = [(lot, self.there["window", lot]) for lot in sorted(LOTS, key=lambda lot: LOTS[lot])]
        usable = [(lot, held) for lot, held in usable if held and LOTS[lot] >= NOW.date()]
        picked = self.run(work)
        expected, missing = [], packs
        for lot, held in usable:
            if taken := min(held, missing):
                expected.append((lot, taken))
                missing -= taken
        assert [(each.lot, each.packs) for each in picked] == ([] if missing else expected)
        for each in picked:
            self.there["window", each.lot] -= each.packs
            self.there["reserved", each.lot] += each.packs
        if picked:
            self.lines[reference] = "reserved"

    @precondition(lambda self: self.lines)
    @rule(data=st.data(), to=st.sampled_from(["dispensed", "window", "loss"]))
    def go_on(self, data: st.DataObject, to: str) -> None:
        """What is kept is handed over, released, or after it was handed over comes back or is destroyed."""
        reference = data.draw(st.sampled_from(sorted(self.lines)))
        place = self.lines[reference]
        if (place, to) in {("reserved", "loss"), ("dispensed", "dispensed")}:
            return
        kept = self.run(lambda context: batches.moved_to(context, reference, place))
        assert kept
        assert self.book(reference, kept, to)
        if to == "dispensed":
            self.lines[reference] = "dispensed"
        else:
            del self.lines[reference]
            assert self.run(lambda context: batches.moved_to(context, reference, "reserved")) == []

    @rule(place=places, lot=lots, packs=packs_, lost=st.booleans())
    def lose_or_find(self, place: str, lot: str, packs: Decimal, lost: bool) -> None:
        """A loss is written off; a count finds more than the books say."""
        held = self.batch(place, lot, packs)
        self.book(self.name(), [held if lost else held.at("difference")], "loss" if lost else place)

    @invariant()
    def the_books_are_right(self) -> None:
        """What the books hold is what must be there; nothing is below zero, and all of it sums to zero."""

        async def work(context: Context) -> dict[str, Decimal]:
            places = ("window", "store", "reserved", "transit", *sorted(batches.OUTSIDE))
            assert await context.books.faults() == []
            return await context.books.holdings([batches.stock_account(place, self.code) for place in places])

        held = self.run(work)
        found = [batches.parse(account, packs) for account, packs in held.items()]
        there = {key: packs for key, packs in self.there.items() if packs}
        assert {(batch.place, batch.lot): batch.packs for batch in found} == there
        assert sum(held.values()) == 0
        assert all(batch.packs >= 0 for batch in found if batch.place not in batches.OUTSIDE)


@pytest.fixture
def books(empty_databases: Databases, migrated_template: str) -> Iterator[Callable[[Work], Any]]:
    """Runs work in a transaction of its own, on a loop that hypothesis can call."""
    loop = asyncio.new_event_loop()
    database = Database(empty_databases.create(migrated_template), min_size=1, max_size=2, application="tests")
    loop.run_until_complete(database.open())

    def run(work: Work) -> Any:
        async def whole() -> Any:
            async with database.transaction() as connection:
                return await work(Context(REGISTRY, connection, as_system("zh_CN"), NOW))

        return loop.run_until_complete(whole())

    yield run
    loop.run_until_complete(database.close())
    loop.close()


def test_stock_stays_right_whatever_happens(books: Callable[[Work], Any]) -> None:
    machine = cast("type[Stock]", type("StockHere", (Stock,), {"run": staticmethod(books)}))
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_a_batch_is_read_from_its_account_as_it_was_written() -> None:
    batch = Batch("window", "amlodipine-5", date(2027, 5, 31), "A-12/3", Decimal(4))
    assert batches.parse(batch.account, Decimal(4)) == batch
    assert batches.parse_key("window", batch.key).account == batch.account
    old = batches.parse("stock:window:amlodipine-5", Decimal(2))
    assert (old.expiry, old.lot, old.account) == (None, "", "stock:window:amlodipine-5")
    assert batches.pick([batch, old], Decimal(3), NOW.date()) == [
        old,
        Batch("window", "amlodipine-5", batch.expiry, "A-12/3", Decimal(1)),
    ]
