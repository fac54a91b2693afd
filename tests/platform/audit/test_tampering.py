"""Whatever somebody who owns the database does to the record is found."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.platform.audit.helpers import KEY, Connection, check, make_chain
from tests.postgres import Databases
from xinglin.platform.audit.chain import Head, Seal, row_digest, seal_digest, seal_mac
from xinglin.platform.audit.keys import Key
from xinglin.platform.database import Database

SEALS, ROWS = 5, 6
LAST = SEALS * ROWS
Tamper = Callable[[Connection], Awaitable[None]]
COLUMNS: dict[str, list[Any]] = {
    "at": ["2020-01-01", "infinity", "-infinity", "2026-03-02 08:00:00.000001+00"],
    "account": [None, "a2", ""],
    "name": ["", "林", "陈立新 "],
    "roles": [[], ["doctor", ""], ["manager"]],
    "action": ["command", "x"],
    "command": ["chart.0", "other"],
    "entities": [[], ["Patient/0"], ["Patient/1", "Patient/2"], [["Patient/1"]], [None]],
    "outcome": ["refused", "failed"],
    "client": [None, "10.0.0.2"],
    "detail": ["x", ""],
}
SEAL_COLUMNS: dict[str, list[Any]] = {
    "at": ["2020-01-01", "infinity"],
    "algorithm": ["md5", "sm3", ""],
    "key": ["", "0" * 16],
    "drained": [False],
    "events": [[], [1], [None], list(range(1, 7))],
    "digests": [b"", bytes(32 * ROWS), bytes(31)],
    "previous": [b"", bytes(32)],
    "digest": [b"", bytes(32)],
    "mac": [b"", bytes(32)],
}


@pytest.fixture(scope="module")
def chain(empty_databases: Databases, migrated_template: str) -> Iterator[tuple[asyncio.Runner, str, list[Head]]]:
    """A database with a chain, its heads, and a loop to run in."""
    conninfo = empty_databases.create(migrated_template)

    async def fill() -> list[Head]:
        database = Database(conninfo, min_size=1)
        await database.open()
        try:
            return await make_chain(database, SEALS, ROWS)
        finally:
            await database.close()

    with asyncio.Runner() as runner:
        yield runner, conninfo, runner.run(fill())


def change(table: str, key: str, column: str, number: int, value: Any) -> Tamper:
    async def tamper(connection: Connection) -> None:
        await connection.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", (value, number))

    return tamper


def delete(numbers: list[int]) -> Tamper:
    async def tamper(connection: Connection) -> None:
        await connection.execute("DELETE FROM audit_event WHERE id = ANY(%s)", (numbers,))

    return tamper


def insert(number: int, like: int) -> Tamper:
    async def tamper(connection: Connection) -> None:
        await connection.execute(
            "INSERT INTO audit_event"
            " SELECT %s, at, account, name, roles, action, command, entities, outcome, client, detail"
            " FROM audit_event WHERE id = %s",
            (number, like),
        )

    return tamper


def swap(one: int, other: int) -> Tamper:
    async def tamper(connection: Connection) -> None:
        await connection.execute(
            "UPDATE audit_event SET id = CASE id WHEN %(one)s THEN %(other)s ELSE %(one)s END"
            " WHERE id IN (%(one)s, %(other)s)",
            {"one": one, "other": other},
        )

    return tamper


def cut_off(seals: int) -> Tamper:
    """Takes the last seals away with all their rows, so that what is left is a chain in itself."""

    async def tamper(connection: Connection) -> None:
        await connection.execute("DELETE FROM audit_seal WHERE number > %s", (SEALS - seals,))
        await connection.execute("DELETE FROM audit_event WHERE id > %s", ((SEALS - seals) * ROWS,))

    return tamper


def without_seal(number: int, rows: bool) -> Tamper:
    async def tamper(connection: Connection) -> None:
        if rows:
            unnested = "SELECT unnest(events) FROM audit_seal WHERE number = %s"
            await connection.execute(f"DELETE FROM audit_event WHERE id IN ({unnested})", (number,))
        await connection.execute("DELETE FROM audit_seal WHERE number = %s", (number,))

    return tamper


async def empty(connection: Connection) -> None:
    await connection.execute("TRUNCATE audit_seal, audit_event, audit_unsealed")


def some_columns(table: str, key: str, numbers: int, columns: dict[str, list[Any]]) -> st.SearchStrategy[Tamper]:
    values = st.sampled_from([(column, value) for column, given in columns.items() for value in given])
    return st.builds(lambda number, pair: change(table, key, pair[0], number, pair[1]), st.integers(1, numbers), values)


ROW = st.integers(1, LAST)
TAMPERS = st.one_of(
    some_columns("audit_event", "id", LAST, COLUMNS),
    some_columns("audit_seal", "number", SEALS, SEAL_COLUMNS),
    st.builds(delete, st.lists(ROW, min_size=1, max_size=5)),
    st.builds(insert, st.one_of(st.integers(-3, LAST + 100)), ROW),
    st.builds(swap, ROW, ROW),
    st.builds(cut_off, st.integers(0, SEALS)),
    st.builds(without_seal, st.integers(1, SEALS), st.booleans()),
    st.just(empty),
)


async def content(connection: Connection) -> list[Any]:
    found = []
    for table, key in (("audit_event", "id"), ("audit_seal", "number")):
        rows = await connection.execute(f"SELECT t::text FROM {table} AS t ORDER BY {key}, t::text")
        found.append(await rows.fetchall())
    return found


async def unlocked(conninfo: str) -> Connection:
    """A connection in a transaction, with all that the schema forbids allowed."""
    connection = await psycopg.AsyncConnection.connect(conninfo)
    for table in ("audit_event", "audit_seal"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for name in ("audit_event_outcome_check", "audit_event_action_check", "audit_event_command_check"):
        await connection.execute(f"ALTER TABLE audit_event DROP CONSTRAINT {name}")
    await connection.execute("ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey")
    await connection.execute("ALTER TABLE audit_event ALTER COLUMN id DROP IDENTITY")
    return connection


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tampers=st.lists(TAMPERS, min_size=1, max_size=3))
def test_every_change_is_found_and_nothing_else_is(
    chain: tuple[asyncio.Runner, str, list[Head]], tampers: list[Tamper]
) -> None:
    runner, conninfo, heads = chain

    async def trial() -> None:
        connection = await unlocked(conninfo)
        try:
            before = await content(connection)
            for tamper in tampers:
                await tamper(connection)
            differs = await content(connection) != before
            _report, faults = await check(connection, heads=heads[-1:])
            assert bool(faults) == differs
        finally:
            await connection.rollback()
            await connection.close()

    runner.run(trial())


def told(chain: tuple[asyncio.Runner, str, list[Head]], tamper: Tamper, **given: Any) -> list[str]:
    """What is told after a change."""
    runner, conninfo, _heads = chain

    async def trial() -> list[str]:
        connection = await unlocked(conninfo)
        try:
            await tamper(connection)
            return [str(fault) for fault in (await check(connection, **given))[1]]
        finally:
            await connection.rollback()
            await connection.close()

    return runner.run(trial())


def test_what_is_wrong_is_named_row_by_row(chain: tuple[asyncio.Runner, str, list[Head]]) -> None:
    assert told(chain, change("audit_event", "id", "name", 8, "林")) == ["row 8, seal 2: changed"]
    assert told(chain, delete([3, 4, 5, 9])) == ["rows 3 to 5, seal 1: removed", "row 9, seal 2: removed"]
    assert told(chain, swap(2, 30)) == ["row 2, seal 1: changed", "row 30, seal 5: changed"]
    assert told(chain, insert(7, 1)) == ["row 7, seal 2: changed", "row 7, seal 2: there twice: inserted"]
    inserted = "is in no seal and does not wait for one: inserted"
    assert told(chain, insert(500, 1)) == [f"row 500: {inserted}"]
    assert told(chain, without_seal(3, rows=False)) == [
        "seal 4: the seals 3 to 3 are missing before it", f"rows 13 to 18: {inserted}",
    ]  # fmt: skip


def test_an_end_that_was_cut_off_is_found_by_a_head_that_was_kept(
    chain: tuple[asyncio.Runner, str, list[Head]],
) -> None:
    heads = chain[2]
    assert told(chain, cut_off(2)) == []  # the rest is a chain in itself: nothing but a head can tell
    assert told(chain, cut_off(2), heads=heads[:3]) == []
    assert told(chain, cut_off(2), heads=heads) == [
        "chain: the chain ends at seal 3, but seal 4 was known: cut off",
        "chain: the chain ends at seal 3, but seal 5 was known: cut off",
    ]


async def forge(connection: Connection) -> None:
    """Changes the first row and makes all hashes anew, as one can who knows everything but the key."""
    await connection.execute("UPDATE audit_event SET name = '林' WHERE id = 1")
    rows = await connection.execute(
        "SELECT id, extract(epoch FROM at)::text, account, name, roles, action, command, entities, outcome, client,"
        " detail FROM audit_event ORDER BY id"
    )
    digests = {row[0]: row_digest("sha256", row) async for row in rows}
    seals = await connection.execute(
        "SELECT number, extract(epoch FROM at)::text, algorithm, key, drained, events FROM audit_seal ORDER BY number"
    )
    previous = bytes(32)
    for number, at, algorithm, key, drained, events in await seals.fetchall():
        made = Seal(
            number, at, algorithm, key, drained, tuple(events), b"".join(digests[e] for e in events), previous, b"", b""
        )
        previous = seal_digest(made)
        made = replace(made, digest=previous, mac=hashlib.sha256(previous).digest())
        await connection.execute(
            "UPDATE audit_seal SET digests = %(digests)s, previous = %(previous)s, digest = %(digest)s, mac = %(mac)s"
            " WHERE number = %(number)s",
            vars(made),
        )


def test_hashes_made_anew_are_found_by_the_key_and_by_a_head(chain: tuple[asyncio.Runner, str, list[Head]]) -> None:
    wrong = "was not made with its key: its HMAC is wrong"
    assert told(chain, forge) == [f"seal {number}: {wrong}" for number in range(1, SEALS + 1)]
    assert f"seal {SEALS}: is another one than the head that was kept" in told(chain, forge, heads=chain[2][-1:])


def test_another_key_is_not_ours(chain: tuple[asyncio.Runner, str, list[Head]]) -> None:
    async def nothing(_connection: Connection) -> None:
        pass

    found = told(chain, nothing, key=Key(bytes(32)))
    assert found[0] == f"seal 1: was made with the key {KEY.name}, which is not among ours"
    assert len(found) == SEALS
    assert told(chain, nothing) == []
    assert seal_mac("sha256", KEY.secret, chain[2][0].digest) != seal_mac("sha256", bytes(32), chain[2][0].digest)
