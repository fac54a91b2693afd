"""Accounts, sign-in and sessions, on a real database."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from argon2 import PasswordHasher

from xinglin.platform import identity
from xinglin.platform.database import Database
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity import passwords, throttle
from xinglin.platform.identity.passwords import check_password

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse 7"
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
Connection = psycopg.AsyncConnection[Any]


@pytest.fixture(autouse=True)
def english() -> Any:
    with use_locale("en"):
        yield


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Any:
    """The same algorithm with less memory: what is tested here is not its cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(autouse=True)
async def nothing_counted_yet(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE sign_in_attempt, sign_in_known")


@pytest.fixture
async def account(database: Database) -> identity.Account:
    async with database.transaction() as connection:
        return await create(connection, f"doctor-{uuid4().hex[:8]}")


async def create(connection: Connection, login: str, **changes: Any) -> identity.Account:
    values: dict[str, Any] = {
        "login": login,
        "name": "陈立新",
        "password": PASSWORD,
        "roles": ("doctor", "manager"),
        "practitioner": "Practitioner/chen",
        "locale": "zh_CN",
        "now": NOW,
    }
    return await identity.create_account(connection, **(values | changes))


async def sign_in(
    database: Database, login: str, password: str = PASSWORD, client: str = "10.0.0.1", after: float = 0
) -> Any:
    now = NOW + timedelta(seconds=after)
    return await identity.authenticate(database, login=login, password=password, client=client, now=now)


async def test_signs_in_and_becomes_an_actor(database: Database, account: identity.Account) -> None:
    actor = await sign_in(database, f"  {account.login.upper()} ")
    assert (actor.account_id, actor.name, actor.login) == (account.account_id, "陈立新", account.login)
    assert (actor.practitioner, actor.roles, actor.locale) == ("Practitioner/chen", ("doctor", "manager"), "zh_CN")


async def test_only_argon2id_hashes_are_kept(database: Database, account: identity.Account) -> None:
    async with database.transaction() as connection:
        row = await (await connection.execute("SELECT * FROM account WHERE id = %s", (account.account_id,))).fetchone()
    assert any(str(value).startswith("$argon2id$") for value in row or ())
    assert PASSWORD not in str(row)


async def test_real_parameters_follow_rfc_9106(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
    kept = await passwords.hash_password(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.verify_password(kept, PASSWORD)
    assert not await passwords.verify_password(kept, PASSWORD + "x")


async def test_unknown_logins_take_as_long_as_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
    kept = await passwords.hash_password("another one 5")

    async def duration(hash: str | None) -> float:
        best = 1e9
        for _ in range(5):
            begun = time.perf_counter()
            assert not await passwords.verify_password(hash, PASSWORD)
            best = min(best, time.perf_counter() - begun)
        return best

    known, unknown = await duration(kept), await duration(None)
    assert 0.4 < known / unknown < 2.5


@pytest.mark.parametrize("closed", [False, True])
async def test_wrong_unknown_and_closed_are_refused_alike(
    database: Database, account: identity.Account, closed: bool
) -> None:
    if closed:
        async with database.transaction() as connection:
            await identity.set_active(connection, account.account_id, active=False)
    with pytest.raises(identity.SignInRefused) as wrong:
        await sign_in(database, account.login, PASSWORD if closed else "guess")
    with pytest.raises(identity.SignInRefused) as unknown:
        await sign_in(database, uuid4().hex)
    assert (wrong.value.text, wrong.value.status) == (unknown.value.text, unknown.value.status)
    assert wrong.value.status == 401


async def test_failures_cost_a_growing_delay_there_and_nowhere_else(
    database: Database, account: identity.Account
) -> None:
    for _ in range(throttle.FREE_FAILURES):
        with pytest.raises(identity.SignInRefused) as refused:
            await sign_in(database, account.login, "guess")
        assert refused.value.status == 401
    with pytest.raises(identity.SignInRefused) as waiting:
        await sign_in(database, account.login)  # even the right password has to wait
    assert (waiting.value.status, waiting.value.retry_after) == (429, 1)
    assert "try again in 1 second" in waiting.value.text
    assert await sign_in(database, account.login, client="10.0.0.2")  # the person at another desk
    with pytest.raises(identity.SignInRefused, match="wrong"):
        await sign_in(database, account.login, "guess", after=1.1)
    with pytest.raises(identity.SignInRefused) as longer:
        await sign_in(database, account.login, after=1.2)
    assert longer.value.retry_after == 2
    assert await sign_in(database, account.login, after=4)
    with pytest.raises(identity.SignInRefused, match="wrong"):
        await sign_in(database, account.login, "guess", after=4)  # success has cleared the count


async def test_failures_are_forgotten_after_a_day(database: Database, account: identity.Account) -> None:
    for _ in range(throttle.FREE_FAILURES):
        with pytest.raises(identity.SignInRefused):
            await sign_in(database, account.login, "guess")
    with pytest.raises(identity.SignInRefused, match="wrong"):
        await sign_in(database, account.login, "guess", after=25 * 3600)
    with pytest.raises(identity.SignInRefused, match="wrong"):
        await sign_in(database, account.login, "guess", after=25 * 3600)


def test_delays_double_up_to_a_quarter_of_an_hour() -> None:
    assert [throttle.delay(count).total_seconds() for count in (0, 2, 3, 4, 5, 12, 13, 10**6)] == [
        0,
        0,
        1,
        2,
        4,
        512,
        900,
        900,
    ]


async def test_guesses_at_once_come_one_after_the_other(database: Database, account: identity.Account) -> None:
    import asyncio

    async def guess() -> int:
        try:
            await sign_in(database, account.login, "guess")
        except identity.SignInRefused as refused:
            return refused.status
        return 200

    statuses = await asyncio.gather(*(guess() for _ in range(10)))
    assert sorted(statuses) == [401] * throttle.FREE_FAILURES + [429] * (10 - throttle.FREE_FAILURES)


async def test_attempts_do_not_keep_what_was_typed(database: Database) -> None:
    secret = f"typed-by-mistake-{uuid4().hex}"
    with pytest.raises(identity.SignInRefused):
        await sign_in(database, secret)
    async with database.transaction() as connection:
        rows = await (await connection.execute("SELECT * FROM sign_in_attempt")).fetchall()
        assert secret not in str(rows)
        assert hashlib.sha256(secret.encode()).digest() in [row[0] for row in rows]
        await identity.forget_old(connection, NOW + timedelta(days=4))
        assert (await (await connection.execute("SELECT count(*) FROM sign_in_attempt")).fetchone()) == (0,)


async def test_old_hashes_are_renewed_at_sign_in(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async with database.transaction() as connection:
        account = await create(connection, uuid4().hex)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    for _ in range(2):
        assert await sign_in(database, account.login)
    async with database.transaction() as connection:
        row = await (
            await connection.execute("SELECT password FROM account WHERE id = %s", (account.account_id,))
        ).fetchone()
    assert row
    assert "m=128,t=2" in row[0]


@pytest.mark.parametrize("login", ["taken", "ＴＡＫＥＮ", " Taken "])
async def test_logins_are_unique_whatever_they_look_like(connection: Connection, login: str) -> None:
    await create(connection, "taken")
    with pytest.raises(identity.AccountError, match="already an account taken"):
        await create(connection, login)
    found = await identity.find_account(connection, login)
    assert found
    assert found.login == "taken"
    assert await identity.find_account(connection, "nobody") is None


@pytest.mark.parametrize(
    ("password", "message"),
    [("short 1", "8 to 200"), ("x1" * 101, "8 to 200"), ("abcdefghij", "mixes at least 3"), ("1234567890", "mixes"),
     ("Aaaaaaaa1", "at least 5 different"), ("my-Doctor-1", "must not contain"), ("P@ssw0rd2026!", "guessed first")],
)  # fmt: skip
def test_weak_passwords_are_refused(password: str, message: str) -> None:
    with pytest.raises(identity.PasswordError, match=message):
        check_password(password, login="doctor")


def test_long_phrases_and_chinese_are_accepted() -> None:
    for password in ("correct horse battery 1", "杏林春暖 2026 年", "Tr0ub4dor&3"):
        check_password(password, login="doctor")


async def test_session_lives_until_idle_or_absolute_limit(connection: Connection) -> None:
    account = await create(connection, "session-owner")
    opened = await identity.open_session(connection, account, client="10.0.0.1", now=NOW, absolute=ABSOLUTE)
    assert opened.expires == NOW + ABSOLUTE
    at = NOW
    for _ in range(3):
        at += timedelta(minutes=29)
        session = await identity.resume_session(connection, opened.token, at, idle=IDLE)
        assert session
        assert session.actor.account_id == account.account_id
        assert (session.csrf, session.created) == (opened.csrf, NOW)
    assert await identity.resume_session(connection, opened.token, at + timedelta(minutes=31), idle=IDLE) is None
    while at < NOW + ABSOLUTE - timedelta(minutes=25):
        at += timedelta(minutes=25)
        await identity.resume_session(connection, opened.token, at, idle=IDLE)
    assert await identity.resume_session(connection, opened.token, NOW + ABSOLUTE, idle=timedelta(days=9)) is None


async def test_tokens_are_kept_hashed_and_never_repeat(connection: Connection) -> None:
    account = await create(connection, "token-owner")
    opened = [await identity.open_session(connection, account, client="", now=NOW, absolute=ABSOLUTE) for _ in range(5)]
    assert len({one.token for one in opened} | {one.csrf for one in opened}) == 10
    rows = str(await (await connection.execute("SELECT * FROM session")).fetchall())
    assert not any(one.token in rows for one in opened)
    for wrong in ("", "x", opened[0].token[:-1], hashlib.sha256(opened[0].token.encode()).hexdigest()):
        assert await identity.resume_session(connection, wrong, NOW, idle=IDLE) is None


async def test_sessions_end(connection: Connection) -> None:
    account = await create(connection, "ending")
    tokens = [
        (await identity.open_session(connection, account, client="", now=NOW, absolute=ABSOLUTE)).token
        for _ in range(4)
    ]

    async def alive() -> list[bool]:
        return [await identity.resume_session(connection, token, NOW, idle=IDLE) is not None for token in tokens]

    await identity.close_session(connection, tokens[0], NOW)
    await identity.close_session(connection, "unknown", NOW)
    assert await alive() == [False, True, True, True]
    assert await identity.close_sessions(connection, account.account_id, keep=tokens[1]) == 2
    assert await alive() == [False, True, False, False]
    await identity.set_active(connection, account.account_id, active=False)
    assert await alive() == [False] * 4
    with pytest.raises(identity.AccountError, match="closed"):
        await identity.open_session(connection, account, client="", now=NOW, absolute=ABSOLUTE)


async def test_changing_the_password(database: Database, account: identity.Account) -> None:
    async with database.transaction() as connection:
        token = (await identity.open_session(connection, account, client="", now=NOW, absolute=ABSOLUTE)).token
        with pytest.raises(identity.AccountError, match="present password is wrong"):
            await identity.change_password(connection, account.account_id, old="guess", new="fresh one 1", now=NOW)
        with pytest.raises(identity.PasswordError):
            await identity.change_password(connection, account.account_id, old=PASSWORD, new="weak", now=NOW)
        with pytest.raises(identity.AccountError, match="must differ"):
            await identity.change_password(connection, account.account_id, old=PASSWORD, new=PASSWORD, now=NOW)
        await identity.change_password(connection, account.account_id, old=PASSWORD, new="fresh one 1", now=NOW)
        assert await identity.resume_session(connection, token, NOW, idle=IDLE) is None
    assert await sign_in(database, account.login, "fresh one 1")
    with pytest.raises(identity.SignInRefused):
        await sign_in(database, account.login)


async def test_language_is_remembered(connection: Connection) -> None:
    account = await create(connection, "reader")
    await identity.set_locale(connection, account.account_id, "en")
    found = await identity.find_account(connection, "reader")
    assert found
    assert found.locale == "en"
