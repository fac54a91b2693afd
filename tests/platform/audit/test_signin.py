"""Attempts to sign in that were refused, and what this process remembers."""

from typing import Any

import pytest

from tests.platform.audit.helpers import NOW
from xinglin.platform import audit
from xinglin.platform.audit import recent
from xinglin.platform.audit.recent import Recent
from xinglin.platform.database import Database
from xinglin.platform.identity import create_account


async def test_an_attempt_is_the_accounts_and_what_was_typed_is_not_kept(database: Database) -> None:
    async with database.transaction() as connection:
        account = await create_account(
            connection, login="wang", name="王", password="good-one-1", roles=("doctor",), locale="zh_CN", now=NOW
        )
    for login, status in (("wang", 401), ("my-secret-password", 401), *[("wang", 429)] * 5):
        await audit.sign_in_refused(database, login=login, client="10.0.0.9", at=NOW, status=status)
    async with database.transaction() as connection:
        found = await connection.execute(
            "SELECT account, name, outcome, detail FROM audit_event WHERE action = 'sign-in' ORDER BY id"
        )
        rows: list[Any] = await found.fetchall()
        whole = await (await connection.execute("SELECT string_agg(e::text, '') FROM audit_event e")).fetchone()
    assert rows == [
        (account.account_id, "王", "refused", "401"),
        (None, "", "refused", "401"),
        (account.account_id, "王", "refused", "429"),  # again and again within a minute: once
    ]
    assert whole is not None
    assert "my-secret-password" not in whole[0]


def test_what_was_there_a_moment_ago_is_not_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(recent.time, "monotonic", lambda: now)
    held = Recent(60, most=3)
    assert held.fresh("a", ["1", "2"]) == {"1", "2"}
    assert held.fresh("a", ["2", "3"]) == {"3"}
    assert held.fresh("b", ["2"]) == {"2"}
    now += 60
    assert held.fresh("a", ["2"]) == {"2"}
    held.fresh("c", ["1", "2", "3", "4"])
    assert held.fresh("c", ["1"]) == {"1"}  # too many to remember: an entry too many
