"""Passwords: rules by setting, common ones, former ones, those that are due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher

from xinglin.platform import identity
from xinglin.platform.i18n import use_locale
from xinglin.platform.identity import PasswordRules, passwords
from xinglin.platform.identity.passwords import check_password, is_common

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FIRST = "correct horse 7"
Connection = psycopg.AsyncConnection[Any]


@pytest.fixture(autouse=True)
def english() -> Any:
    with use_locale("en"):
        yield


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
async def account(connection: Connection) -> identity.Account:
    return await identity.create_account(
        connection, login="doctor", name="陈立新", password=FIRST, roles=(), locale="en", now=NOW
    )


@pytest.mark.parametrize(
    "password",
    ["password", "Password1", "P@ssw0rd2026!", "Admin@123", "Admin123456", "$ecret123", "1qaz@WSX3edc", "Qwer1234!",
     "Aa123456", "Abc-Abc-123", "woaini520!A", "Xinglin@2026", "12345678", "87654321!", "Yiyuan_123", "hello-WORLD-1x"
     ][:-1],
)  # fmt: skip
def test_what_is_guessed_first_is_common(password: str) -> None:
    assert is_common(password)
    with pytest.raises(identity.PasswordError, match="guessed first"):
        check_password(password, login="doctor", rules=PasswordRules(kinds=1))


@pytest.mark.parametrize(
    "password",
    ["correct horse 7", "hello-WORLD-1x", "Tr0ub4dor&3", "杏林春暖 2026 年", "48151623", "passwordless-Zebra1"],
)
def test_what_is_not_is_accepted(password: str) -> None:
    assert not is_common(password)
    check_password(password, login="doctor", rules=PasswordRules(kinds=1))


@pytest.mark.parametrize(
    ("password", "kinds"),
    [("abcdezyx", 1), ("Zbcdexyw", 2), ("Zbcdexy1", 3), ("Zbcdexy1!", 4), ("Zbcdexy1!杏", 5), ("zbcdexy1", 2)],
)
def test_kinds_of_signs_are_a_setting(password: str, kinds: int) -> None:
    check_password(password, login="x", rules=PasswordRules(kinds=kinds))
    with pytest.raises(identity.PasswordError, match=f"mixes at least {kinds + 1} of"):
        check_password(password, login="x", rules=PasswordRules(kinds=kinds + 1))


def test_length_is_a_setting_and_short_logins_may_occur() -> None:
    check_password("Quiet-Rain-81", login="ra", rules=PasswordRules(shortest=13))
    with pytest.raises(identity.PasswordError, match="14 to 200"):
        check_password("Quiet-Rain-81", login="x", rules=PasswordRules(shortest=14))
    with pytest.raises(identity.PasswordError, match="must not contain the login"):
        check_password("Quiet-Rain-81", login="rain")


async def change(connection: Connection, account: identity.Account, old: str, new: str, **more: Any) -> None:
    await identity.change_password(connection, account.account_id, old=old, new=new, now=NOW, **more)


async def test_the_last_passwords_do_not_come_back(connection: Connection, account: identity.Account) -> None:
    rules = PasswordRules(history=2)
    held = FIRST
    for number in range(3):
        new = f"Quiet-Rain-8{number}"
        at = NOW + timedelta(minutes=number)
        await identity.change_password(connection, account.account_id, old=held, new=new, now=at, rules=rules)
        held = new
    for former in ("Quiet-Rain-80", "Quiet-Rain-81"):
        with pytest.raises(identity.PasswordError, match="had this password before"):
            await change(connection, account, held, former, rules=rules)
    await change(connection, account, held, FIRST, rules=rules)  # three changes ago
    count = await (await connection.execute("SELECT count(*) FROM former_password")).fetchone()
    assert count == (2,)


async def test_a_changed_password_keeps_the_session_that_changed_it(
    connection: Connection, account: identity.Account
) -> None:
    from xinglin.platform.identity.sessions import kept

    opened = [
        (await identity.open_session(connection, account, client="", now=NOW, absolute=timedelta(hours=1))).token
        for _ in range(2)
    ]
    await change(connection, account, FIRST, "Quiet-Rain-81", keep=kept(opened[0]))
    idle = timedelta(hours=1)
    assert await identity.resume_session(connection, opened[0], NOW, idle=idle)
    assert await identity.resume_session(connection, opened[1], NOW, idle=idle) is None


async def test_a_password_is_due_when_it_is_old_or_somebody_elses(
    connection: Connection, account: identity.Account
) -> None:
    rules = PasswordRules(age=timedelta(days=90))
    for days, due in ((0, False), (89, False), (90, True)):
        later = NOW + timedelta(days=days)
        assert await identity.password_due(connection, account.account_id, later, rules) is due
    assert not await identity.password_due(connection, account.account_id, later, PasswordRules(age=None))
    await identity.reset_password(connection, account.account_id, "Given-By-Chief-1", now=NOW)
    assert await identity.password_due(connection, account.account_id, NOW, rules)
    with pytest.raises(identity.PasswordError, match="before"):
        await change(connection, account, "Given-By-Chief-1", FIRST)
    await change(connection, account, "Given-By-Chief-1", "My-Own-Choice-1")
    assert not await identity.password_due(connection, account.account_id, NOW, rules)


async def test_a_service_gets_no_password(connection: Connection) -> None:
    service = await identity.create_account(
        connection, login="lis", name="LIS", password=None, kind="service", roles=(), locale="en", now=NOW
    )
    with pytest.raises(identity.AccountError, match="no such account"):
        await identity.reset_password(connection, service.account_id, "Given-By-Chief-1", now=NOW)
    with pytest.raises(identity.AccountError, match="closed"):
        await change(connection, service, "", "Given-By-Chief-1")
