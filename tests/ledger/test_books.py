"""The books, through their Python face."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from xinglin.ledger.books import (
    AlreadyReversed,
    Books,
    InsufficientBalance,
    LedgerError,
    Unbalanced,
    UnknownAccount,
)
from xinglin.platform.database import Database

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
Connection = psycopg.AsyncConnection[Any]


@pytest.fixture
async def books(connection: Connection) -> Books:
    """Books with a till, a revenue account, a shelf and a supplier of one medicine."""
    opened = Books(connection, now=NOW)
    await opened.open_account("till", "money", "CNY", floor_zero=True)
    await opened.open_account("revenue", "money", "CNY")
    await opened.open_account("shelf", "stock", "AMOX-250", floor_zero=True)
    await opened.open_account("supplier", "stock", "AMOX-250")
    return opened


async def settle(connection: Connection) -> None:
    """What a commit would check."""
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def pay(amount: str) -> list[tuple[str, Decimal, str]]:
    return [("till", Decimal(amount), "CNY"), ("revenue", -Decimal(amount), "CNY")]


async def test_post_moves_balances_and_appears_in_statements(books: Books, connection: Connection) -> None:
    first = await books.post("Invoice/1", pay("25.50"), memo="cash")
    later = Books(connection, now=NOW + timedelta(hours=1))
    second = await later.post("Invoice/2", pay("4.50"))
    await settle(connection)
    assert await books.balance("till") == Decimal(30)
    assert await books.balance("revenue") == Decimal(-30)
    lines = await books.statement("till")
    assert [(line.entry, line.reference, line.memo, line.amount, line.balance) for line in lines] == [
        (first, "Invoice/1", "cash", Decimal("25.5"), Decimal("25.5")),
        (second, "Invoice/2", "", Decimal("4.5"), Decimal(30)),
    ]
    assert [line.at for line in lines] == [NOW, NOW + timedelta(hours=1)]
    assert [line.entry for line in await books.statement("till", since=NOW + timedelta(minutes=1))] == [second]
    assert [line.entry for line in await books.statement("till", until=NOW + timedelta(minutes=1))] == [first]
    assert [line.entry for line in await books.statement("till", limit=1)] == [first]
    assert [line.entry for line in await books.statement("till", after=lines[0].id)] == [second]
    assert await books.faults() == []


async def test_balances_of_many(books: Books) -> None:
    await books.post("Invoice/1", [("till", 3, "CNY"), ("revenue", -3, "CNY")])
    assert await books.balances(["till", "shelf", "absent"]) == {"till": Decimal(3), "shelf": Decimal(0)}


async def test_one_entry_may_move_money_and_stock(books: Books, connection: Connection) -> None:
    goods = [("shelf", Decimal(100), "AMOX-250"), ("supplier", Decimal(-100), "AMOX-250")]
    await books.post("SupplyDelivery/1", [*goods, *pay("1")])
    await settle(connection)
    assert (await books.balance("shelf"), await books.balance("till")) == (Decimal(100), Decimal(1))


async def test_a_floor_holds_and_says_what_is_there(books: Books, connection: Connection) -> None:
    await books.post("SupplyDelivery/1", [("shelf", Decimal(7), "AMOX-250"), ("supplier", Decimal(-7), "AMOX-250")])
    with pytest.raises(InsufficientBalance, match="shelf holds 7 AMOX-250, but 20 are needed") as raised:
        await books.post(
            "MedicationDispense/1", [("shelf", Decimal(-20), "AMOX-250"), ("supplier", Decimal(20), "AMOX-250")]
        )
    assert (raised.value.account, raised.value.available, raised.value.wanted) == ("shelf", Decimal(7), Decimal(20))
    # The transaction is not spoilt, and two lines of one account count together.
    out_and_in = [
        ("shelf", Decimal(-9), "AMOX-250"),
        ("shelf", Decimal(5), "AMOX-250"),
        ("supplier", Decimal(4), "AMOX-250"),
    ]
    await books.post("MedicationDispense/2", out_and_in)
    await settle(connection)
    assert await books.balance("shelf") == Decimal(3)


@pytest.mark.parametrize(
    ("lines", "error", "message"),
    [
        ([("till", Decimal(1), "CNY")], Unbalanced, "at least two lines"),
        ([("till", Decimal(1), "CNY"), ("revenue", Decimal(-2), "CNY")], Unbalanced, "leave -1 CNY"),
        ([("till", Decimal(1), "CNY"), ("supplier", Decimal(-1), "AMOX-250")], Unbalanced, "1 CNY, -1 AMOX-250"),
        ([("till", Decimal(0), "CNY"), ("revenue", Decimal(0), "CNY")], Unbalanced, "other than zero"),
        ([("till", Decimal("NaN"), "CNY"), ("revenue", Decimal(1), "CNY")], Unbalanced, "other than zero"),
        ([("till", 0.1, "CNY"), ("revenue", -0.1, "CNY")], Unbalanced, "must be a Decimal"),
        (
            [("till", Decimal("0.001"), "CNY"), ("revenue", Decimal("-0.001"), "CNY")],
            Unbalanced,
            "more than 2 decimals",
        ),
        ([("till", Decimal(1), "CNY"), ("lost", Decimal(-1), "CNY")], UnknownAccount, "no account lost"),
        (
            [("till", Decimal(1), "USD"), ("revenue", Decimal(-1), "USD")],
            UnknownAccount,
            "kept in CNY, not in USD",
        ),
    ],
)
async def test_refused_lines_leave_nothing(
    books: Books, connection: Connection, lines: Any, error: type[LedgerError], message: str
) -> None:
    with pytest.raises(error, match=message):
        await books.post("Invoice/1", lines)
    await settle(connection)
    assert await books.statement("till") == []


async def test_reference_is_needed(books: Books) -> None:
    with pytest.raises(Unbalanced, match="reference"):
        await books.post("", pay("1"))


async def test_reversal_mirrors_once(books: Books, connection: Connection) -> None:
    entry = await books.post("Invoice/1", pay("25.50"))
    reversal = await books.reverse(entry, memo="wrong patient")
    await settle(connection)
    assert await books.balance("till") == 0
    assert [(line.reference, line.memo) for line in await books.statement("till")][1] == ("Invoice/1", "wrong patient")
    with pytest.raises(AlreadyReversed, match=f"already reversed by entry {reversal}"):
        await books.reverse(entry)
    with pytest.raises(AlreadyReversed, match=f"itself the reversal of {entry}"):
        await books.reverse(reversal)
    with pytest.raises(UnknownAccount, match="no entry"):
        await books.reverse(10**12)


async def test_reversal_respects_the_floor(books: Books) -> None:
    entry = await books.post("Invoice/1", pay("10"))
    await books.post("Bank/1", pay("-4"))
    with pytest.raises(InsufficientBalance):
        await books.reverse(entry)


async def test_opening_twice_is_one_account_but_not_another(books: Books) -> None:
    again = await books.open_account("till", "money", "CNY", floor_zero=True)
    assert again.balance == 0
    with pytest.raises(LedgerError, match="exists as money in CNY"):
        await books.open_account("till", "stock", "X")
    with pytest.raises(LedgerError, match="ISO 4217"):
        await books.open_account("odd", "money", "renminbi")
    assert await books.balance("till") == 0


async def check_running_balances(books: Books, codes: list[str]) -> None:
    """The balance after each line follows from the one before."""
    for code in codes:
        lines = await books.statement(code)
        assert [line.balance for line in lines] == list(itertools.accumulate(line.amount for line in lines))


async def test_concurrent_clients_neither_deadlock_nor_lose(database: Database) -> None:
    """Clients post random entries over the same accounts in random order of lines; some would overdraw."""
    prefix, seed = uuid4().hex, random.randrange(2**32)
    codes = [f"{prefix}-{number}" for number in range(6)]
    async with database.transaction() as connection:
        books = Books(connection, now=NOW)
        for code in codes:
            await books.open_account(code, "money", "CNY", floor_zero=True)
        await books.open_account(f"{prefix}-equity", "money", "CNY")
        for code in codes:
            await books.post("start", [(code, Decimal(50), "CNY"), (f"{prefix}-equity", Decimal(-50), "CNY")])
    moved: list[tuple[str, str, int]] = []
    refused = itertools.count()

    async def client(number: int) -> None:
        chance = random.Random(seed + number)
        for step in range(25):
            source, target = chance.sample(codes, 2)
            amount = chance.randint(1, 60)
            try:
                async with database.transaction() as connection:
                    lines = [(source, Decimal(-amount), "CNY"), (target, Decimal(amount), "CNY")]
                    await Books(connection, now=NOW).post(f"{number}/{step}", chance.sample(lines, 2))
                moved.append((source, target, amount))
            except InsufficientBalance:
                next(refused)

    await asyncio.gather(*map(client, range(8)))
    async with database.transaction() as connection:
        books = Books(connection, now=NOW)
        expected = {
            code: 50 - sum(a for s, _, a in moved if s == code) + sum(a for _, t, a in moved if t == code)
            for code in codes
        }
        assert {code: int(await books.balance(code)) for code in codes} == expected, f"seed {seed}"
        assert all(balance >= 0 for balance in expected.values())
        assert await books.faults() == []
        await check_running_balances(books, codes)
    assert moved
    assert next(refused) > 0


async def test_locking_first_keeps_transactions_with_many_entries_apart(database: Database) -> None:
    one, two, equity = (f"{uuid4().hex}" for _ in range(3))
    async with database.transaction() as connection:
        for code in (one, two, equity):
            await Books(connection, now=NOW).open_account(code, "money", "CNY")

    async def client(first: str, second: str) -> None:
        for _ in range(10):
            async with database.transaction() as connection:
                books = Books(connection, now=NOW)
                await books.lock(one, two, equity)
                for code in (first, second):
                    await books.post("x", [(code, Decimal(1), "CNY"), (equity, Decimal(-1), "CNY")])

    await asyncio.gather(client(one, two), client(two, one), client(one, two), client(two, one))
    async with database.transaction() as connection:
        assert await Books(connection, now=NOW).balance(one) == 40


async def test_one_of_two_reversals_at_once_wins(database: Database) -> None:
    prefix = uuid4().hex
    async with database.transaction() as connection:
        books = Books(connection, now=NOW)
        for name in ("a", "b"):
            await books.open_account(f"{prefix}{name}", "money", "CNY")
        entry = await books.post("x", [(f"{prefix}a", Decimal(1), "CNY"), (f"{prefix}b", Decimal(-1), "CNY")])

    async def client() -> bool:
        try:
            async with database.transaction() as connection:
                await Books(connection, now=NOW).reverse(entry)
        except AlreadyReversed:
            return False
        return True

    assert sorted(await asyncio.gather(*(client() for _ in range(4)))) == [False, False, False, True]
    async with database.transaction() as connection:
        assert await Books(connection, now=NOW).balance(f"{prefix}a") == 0
