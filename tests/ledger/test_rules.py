"""What the database itself refuses, from whoever writes to it past the Python code."""

from typing import Any

import psycopg
import pytest

Connection = psycopg.AsyncConnection[Any]
ENTRY = "INSERT INTO ledger_entry (at, reference, lines) VALUES (now(), 'x', 2)"
POSTING = "INSERT INTO ledger_posting (entry, account, amount) VALUES"


@pytest.fixture
async def books(connection: Connection) -> Connection:
    """Accounts till, revenue and shelf, and one entry over the first two, in a transaction."""
    await connection.execute(
        "INSERT INTO ledger_account (code, kind, unit, floor_zero)"
        " VALUES ('till', 'money', 'CNY', true), ('revenue', 'money', 'CNY', false), ('shelf', 'stock', 'X', false)"
    )
    await connection.execute(
        f"{ENTRY}; {POSTING} ({entry()}, {account('till')}, 5), ({entry()}, {account('revenue')}, -5)"
    )
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await connection.execute("SET CONSTRAINTS ALL DEFERRED")
    return connection


def account(code: str) -> str:
    return f"(SELECT id FROM ledger_account WHERE code = '{code}')"


def entry() -> str:
    return "(SELECT max(id) FROM ledger_entry)"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            f"{POSTING} ({entry()}, {account('till')}, 1), ({entry()}, {account('revenue')}, -1)",
            "does not have its 2 lines",
        ),
        (ENTRY, "does not have its 2 lines"),
        (f"{ENTRY}; {POSTING} ({entry()}, {account('till')}, 1)", "does not have its 2 lines"),
        (f"{ENTRY}; {POSTING} ({entry()}, {account('till')}, 1), ({entry()}, {account('revenue')}, -2)", "sum to zero"),
        (f"{ENTRY}; {POSTING} ({entry()}, {account('till')}, 1), ({entry()}, {account('shelf')}, -1)", "sum to zero"),
        (
            f"{ENTRY}; {POSTING} ({entry()}, {account('till')}, -6), ({entry()}, {account('revenue')}, 6)",
            "ledger_floor",
        ),
        (
            f"{ENTRY}; {POSTING} ({entry()}, {account('till')}, .001), ({entry()}, {account('revenue')}, -.001)",
            "two decimals",
        ),
        (
            f"{ENTRY}; {POSTING} ({entry()}, {account('till')}, 'NaN'), ({entry()}, {account('revenue')}, 1)",
            "NaN|check",
        ),
        (f"{POSTING} ({entry()}, {account('till')}, 0)", "amount_check"),
        ("UPDATE ledger_posting SET amount = 6", "UPDATE of ledger_posting is refused"),
        ("DELETE FROM ledger_posting", "DELETE of ledger_posting is refused"),
        ("TRUNCATE ledger_posting", "TRUNCATE of ledger_posting is refused"),
        ("UPDATE ledger_entry SET reference = 'y'", "UPDATE of ledger_entry is refused"),
        ("DELETE FROM ledger_entry", "DELETE of ledger_entry is refused"),
        ("TRUNCATE ledger_entry CASCADE", "TRUNCATE of ledger_(entry|posting) is refused"),
        ("UPDATE ledger_account SET balance = 1000000 WHERE code = 'till'", "changes by postings only"),
        ("UPDATE ledger_account SET unit = 'USD' WHERE code = 'till'", "changes by postings only"),
        ("UPDATE ledger_account SET code = 'mine' WHERE code = 'till'", "changes by postings only"),
        ("DELETE FROM ledger_account WHERE code = 'shelf'", "DELETE of ledger_account is refused"),
        (
            "INSERT INTO ledger_account (code, kind, unit, floor_zero, balance) VALUES ('n', 'money', 'CNY', true, 9)",
            "balance 0",
        ),
        (
            f"INSERT INTO ledger_entry (at, reference, lines, reverses) VALUES (now(), 'x', 2, {entry()});"
            f" {POSTING} ({entry()}, {account('till')}, -4), ({entry()}, {account('revenue')}, 4)",
            "does not mirror entry",
        ),
    ],
)
async def test_refused(books: Connection, statement: str, message: str) -> None:
    with pytest.raises(psycopg.Error, match=message):
        await books.execute(statement)  # type: ignore[call-overload]
        await books.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def test_a_floor_may_be_lifted(books: Connection) -> None:
    await books.execute("UPDATE ledger_account SET floor_zero = false WHERE code = 'till'")


async def test_the_proof_finds_a_forged_balance(books: Connection) -> None:
    """With the guard off, as a database administrator could: the books no longer prove themselves."""
    from datetime import UTC, datetime

    from xinglin.ledger.books import Books

    proof = Books(books, now=datetime.now(UTC))
    assert await proof.faults() == []
    await books.execute("ALTER TABLE ledger_account DISABLE TRIGGER guard_account")
    await books.execute("UPDATE ledger_account SET balance = 6 WHERE code = 'till'")
    assert await proof.faults() == ["till: balance 6.000000, postings 5.000000"]
