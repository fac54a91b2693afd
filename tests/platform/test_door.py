"""The door: what a sign-in still wants, and what is on record of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.hospital import Clock
from xinglin.platform import identity
from xinglin.platform.database import Database
from xinglin.platform.door import Door, Unfinished
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity import OpenedSession, passwords
from xinglin.platform.own_account import OwnAccount
from xinglin.platform.settings import Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
GIVEN, OWN = "Given-By-Chief-1", "My-Own-Choice-1"
CLIENT = "10.0.0.1"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    with use_locale("en"):
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
async def door(database: Database, clock: Clock) -> Door:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE account, sign_in_attempt, sign_in_known CASCADE")
        await identity.create_account(
            connection, login="nurse", name="王芳", password=GIVEN, roles=(), locale="en", now=NOW, must_change=True
        )
    return Door(database, settings(), clock)


def settings(**more: Any) -> Settings:
    return Settings(session_limit=2, secret_key=KEY, **more)


@pytest.fixture
def own(door: Door, database: Database, clock: Clock) -> OwnAccount:
    """One's own account, in the house of the door."""
    return OwnAccount(database, settings(), clock)


async def record(database: Database, command: str) -> list[tuple[str, str]]:
    async with database.transaction() as connection:
        query = "SELECT name, outcome FROM audit_event WHERE command = %s ORDER BY id DESC LIMIT 2"
        return [tuple(row) for row in await (await connection.execute(query, (command,))).fetchall()]


async def opened(door: Door, password: str = OWN, client: str = CLIENT) -> OpenedSession:
    entry = await door.sign_in("nurse", password, client)
    assert isinstance(entry, OpenedSession)
    return entry


async def test_a_given_password_leads_to_a_new_one_and_nowhere_else(door: Door, database: Database) -> None:
    entry = await door.sign_in("nurse", GIVEN, CLIENT)
    assert isinstance(entry, Unfinished)
    assert entry.wanted == "renewal"
    assert await door.resume(entry.token) is None  # no session: the token opens the next step only
    for weak, error in ((GIVEN, identity.AccountError), ("short", identity.PasswordError)):
        with pytest.raises(error):
            await door.renew_password(entry.token, weak, CLIENT)
    session = await door.renew_password(entry.token, OWN, CLIENT)
    assert isinstance(session, OpenedSession)
    assert await door.resume(session.token)
    with pytest.raises(identity.SignInRefused, match="begin again"):
        await door.renew_password(entry.token, "Another-Choice-1", CLIENT)
    with pytest.raises(identity.SignInRefused, match="wrong"):
        await door.sign_in("nurse", GIVEN, CLIENT)
    assert isinstance(await door.sign_in("nurse", OWN, CLIENT), OpenedSession)
    assert (await record(database, "account.password"))[0] == ("王芳", "success")
    assert await record(database, "session.open") == [("王芳", "success"), ("王芳", "refused")]


async def test_a_step_has_its_time(door: Door, clock: Clock) -> None:
    entry = await door.sign_in("nurse", GIVEN, CLIENT)
    assert isinstance(entry, Unfinished)
    clock.forward(minutes=9)
    assert (await door.step(entry.token))[1] == "renewal"
    clock.forward(minutes=2)
    for token in (entry.token, "", "made up"):
        with pytest.raises(identity.SignInRefused, match="begin again"):
            await door.step(token)


async def test_a_reset_and_a_closed_account_end_what_is_under_way(door: Door, database: Database) -> None:
    for reset in (True, False):
        entry = await door.sign_in("nurse", GIVEN, CLIENT)
        assert isinstance(entry, Unfinished)
        async with database.transaction() as connection:
            account = await identity.find_account(connection, "nurse")
            assert account
            if reset:
                await identity.reset_password(connection, account.account_id, GIVEN, now=NOW)
            else:
                await identity.set_active(connection, account.account_id, active=False)
        with pytest.raises(identity.SignInRefused, match="begin again"):
            await door.renew_password(entry.token, OWN, CLIENT)


async def test_a_password_that_is_too_old_is_asked_for_at_sign_in(door: Door, clock: Clock) -> None:
    entry = await door.sign_in("nurse", GIVEN, CLIENT)
    assert isinstance(entry, Unfinished)
    await door.renew_password(entry.token, OWN, CLIENT)
    clock.forward(days=89)
    await opened(door)
    clock.forward(days=1)
    assert isinstance(await door.sign_in("nurse", OWN, CLIENT), Unfinished)


async def test_the_oldest_sessions_end_beyond_the_limit_and_the_others_on_demand(
    door: Door, own: OwnAccount, clock: Clock
) -> None:
    entry = await door.sign_in("nurse", GIVEN, CLIENT)
    assert isinstance(entry, Unfinished)
    await door.renew_password(entry.token, OWN, CLIENT)
    sessions = []
    for _number in range(3):
        clock.forward(seconds=1)
        sessions.append(await opened(door))
    assert [await door.resume(one.token) is not None for one in sessions] == [False, True, True]
    listed = await own.sessions(sessions[2].actor, sessions[1].token)
    assert [(one.client, one.this) for one in listed] == [(CLIENT, False), (CLIENT, True)]
    assert await own.end_others(sessions[1].actor, sessions[1].token, CLIENT) == 1
    assert [await door.resume(one.token) is not None for one in sessions] == [False, True, False]


async def test_changing_the_password_is_no_way_to_guess_it(door: Door, own: OwnAccount, database: Database) -> None:
    entry = await door.sign_in("nurse", GIVEN, CLIENT)
    assert isinstance(entry, Unfinished)
    session = await door.renew_password(entry.token, OWN, CLIENT)
    assert isinstance(session, OpenedSession)
    for _number in range(3):
        with pytest.raises(identity.WrongPassword):
            await own.change_password(session.actor, session.token, "guess", "Another-Choice-1", CLIENT)
    with pytest.raises(identity.SignInRefused) as refused:
        await own.change_password(session.actor, session.token, OWN, "Another-Choice-1", CLIENT)
    assert refused.value.status == 429
    assert (await record(database, "account.password"))[0] == ("王芳", "refused")
    await own.change_password(session.actor, session.token, OWN, "Another-Choice-1", "10.0.0.2")
    assert await door.resume(session.token)
    await opened(door, "Another-Choice-1", "10.0.0.2")


async def test_what_was_typed_for_a_login_is_not_on_record(door: Door, database: Database) -> None:
    with pytest.raises(identity.SignInRefused):
        await door.sign_in("typed-by-mistake", "x", CLIENT)
    assert (await record(database, "session.open"))[0] == ("", "refused")
    async with database.transaction() as connection:
        rows = await (await connection.execute("SELECT audit_event::text FROM audit_event")).fetchall()
    assert "typed-by-mistake" not in str(rows)
