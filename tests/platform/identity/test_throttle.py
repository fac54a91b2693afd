"""Guessing is slowed down, and nobody is locked out by it: not by guesses at their login, nor by sprayed ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from xinglin.platform import identity
from xinglin.platform.database import Database
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity import passwords, throttle

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse 7"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    with use_locale("en"):
        yield


@pytest.fixture
async def people(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE account, sign_in_attempt, sign_in_known CASCADE")
        for login in ("known", "newcomer"):
            await identity.create_account(
                connection, login=login, name="x", password=PASSWORD, roles=(), locale="en", now=NOW
            )
    return database


async def status(
    database: Database, login: str, password: str = PASSWORD, client: str = "10.0.0.1", after: float = 0
) -> int:
    now = NOW + timedelta(seconds=after)
    try:
        await identity.authenticate(database, login=login, password=password, client=client, now=now)
    except identity.SignInRefused as refused:
        return refused.status
    return 200


async def spray(database: Database, client: str = "10.0.0.1", count: int = throttle.WIDE_FAILURES) -> list[int]:
    return [await status(database, f"guess-{number}", "x", client) for number in range(count)]


async def test_many_logins_from_one_address_are_slowed_down(people: Database) -> None:
    assert set(await spray(people)) == {401}
    assert await status(people, "one-more", "x") == 429
    assert await status(people, "newcomer") == 429  # a stranger there, even with the right password
    assert await status(people, "newcomer", client="10.0.0.2") == 200  # at another desk
    assert await status(people, "newcomer", after=1.1) == 200  # the delay is short, and grows only by failures


async def test_who_has_signed_in_there_before_waits_for_nobody(people: Database) -> None:
    assert await status(people, "known") == 200
    await spray(people, count=40)
    assert await status(people, "known", "mistyped") == 401
    assert await status(people, "known") == 200
    assert await status(people, "another", "x") == 429


async def test_mistakes_of_those_who_are_known_count_against_no_one_else(people: Database) -> None:
    assert await status(people, "known") == 200
    for number in range(throttle.WIDE_FAILURES + 5):
        await status(people, "known", "mistyped", after=number * 1000)
    assert await status(people, "newcomer", after=number * 1000) == 200


async def test_on_the_first_day_everybody_is_a_stranger(people: Database) -> None:
    async with people.transaction() as connection:
        for number in range(12):
            await identity.create_account(
                connection, login=f"staff-{number}", name="x", password=PASSWORD, roles=(), locale="en", now=NOW
            )
    for number in range(12):
        for _mistake in range(2):
            assert await status(people, f"staff-{number}", "mistyped", "192.0.2.1") == 401
        assert await status(people, f"staff-{number}", client="192.0.2.1") == 200


async def test_sprayers_of_one_ipv6_network_are_one(people: Database) -> None:
    for number in range(throttle.WIDE_FAILURES):
        await status(people, f"guess-{number}", "x", f"2001:db8:1:2::{number:x}")
    assert await status(people, "newcomer", client="2001:db8:1:2:ffff::1") == 429
    assert await status(people, "newcomer", client="2001:db8:1:3::1") == 200


async def test_strangers_become_strangers_again(people: Database) -> None:
    assert await status(people, "known") == 200
    async with people.transaction() as connection:
        await identity.forget_old(connection, NOW + throttle.STRANGER_AFTER - timedelta(days=1))
    await spray(people)
    assert await status(people, "known") == 200
    async with people.transaction() as connection:
        await connection.execute("UPDATE sign_in_known SET last = last - interval '200 days'")
        await identity.forget_old(connection, NOW)
    assert await status(people, "known") == 429


@pytest.mark.parametrize(
    ("address", "network"),
    [("10.0.0.1", "10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("2001:db8::1", "2001:db8::/64"), ("", ""),
     ("testclient", "testclient"), ("fe80::1%eth0", "fe80::/64")],
)  # fmt: skip
def test_networks(address: str, network: str) -> None:
    assert throttle.network_of(address) == network


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_delays_never_shrink_and_end_at_a_quarter_of_an_hour(failures: int, free: int) -> None:
    here, next = throttle.delay(failures, free), throttle.delay(failures + 1, free)
    assert timedelta(0) <= here <= next <= timedelta(minutes=15)
    assert (here == timedelta(0)) is (failures < free)
