"""The first administrator, and the way back in."""

from datetime import UTC, datetime

import pytest

from xinglin.operations.administrators import admit_administrator
from xinglin.platform import identity
from xinglin.platform.database import Database
from xinglin.platform.i18n import use_locale
from xinglin.platform.settings import Settings


async def admit(database: Database, login: str, *, reset: bool = False) -> str:
    """What is printed."""
    said: list[str] = []
    with use_locale("en"):
        settings = Settings(database_url=database.conninfo)
        done = await admit_administrator(settings, login, "何静", said.append, reset=reset)
    (text,) = said
    assert done is not text.startswith("refused")
    return text


async def enter(database: Database, login: str, printed: str) -> identity.Account:
    password = printed.split()[3]
    now = datetime.now(UTC)
    account = await identity.authenticate(database, login=login, password=password, client="x", now=now)
    async with database.transaction() as connection:
        assert await identity.password_due(connection, account.account_id, now)
    return account


async def test_the_first_administrator_signs_in_and_is_let_in_again(database: Database) -> None:
    printed = await admit(database, "Chief")
    assert printed.startswith("account   chief\npassword  ")
    account = await enter(database, "chief", printed)
    assert account.roles == ("administrator",)
    assert "already an account" in await admit(database, "chief")
    async with database.transaction() as connection:
        await identity.set_active(connection, account.account_id, active=False)
    again = await admit(database, "chief", reset=True)
    assert (await enter(database, "chief", again)).account_id == account.account_id
    with pytest.raises(identity.SignInRefused):
        await enter(database, "chief", printed)
    async with database.transaction() as connection:
        query = "SELECT name, entities, detail FROM audit_event WHERE command = 'operations.administrator' ORDER BY id"
        rows = await (await connection.execute(query)).fetchall()
    about = [f"account/{account.account_id}"]
    assert rows == [("Xinglin", about, None), ("Xinglin", about, "reset")]


async def test_only_administrators_are_let_in_again(database: Database) -> None:
    async with database.transaction() as connection:
        await identity.create_account(
            connection,
            login="nurse",
            name="王芳",
            password="My-Own-Choice-1",
            roles=("nurse",),
            locale="en",
            now=datetime.now(UTC),
        )
    for login in ("nurse", "nobody"):
        assert "is no account with the role of administrator" in await admit(database, login, reset=True)
