"""The first administrator, and the way back in for one who has lost password or phone."""

from collections.abc import Callable
from datetime import UTC, datetime

from xinglin.kernel.context import as_system
from xinglin.platform import audit, identity
from xinglin.platform.database import Database
from xinglin.platform.identity.passwords import given_password
from xinglin.platform.identity.posts import Connection
from xinglin.platform.settings import Settings


async def admit_administrator(
    settings: Settings, login: str, name: str, echo: Callable[[str], object], *, reset: bool = False
) -> bool:
    """Makes an administrator, or with `reset` gives one a new password and takes the second factor away.

    Prints the password, which must be changed at first sign-in. Returns whether it was done; a refusal is printed.
    """
    assert settings.database_url is not None
    database = Database(settings.database_url, min_size=1, max_size=1, application="xinglin-administrator")
    await database.open()
    password = given_password()
    try:
        async with database.transaction() as connection:
            now = datetime.now(UTC)
            account = await (_reset if reset else _make)(connection, settings, login, name, password, now)
            await audit.record(
                connection,
                actor=as_system(settings.locale),
                action="command",
                command="operations.administrator",
                entities=[f"account/{account}"],
                outcome="success",
                at=now,
                detail="reset" if reset else None,
            )
    except (identity.AccountError, identity.PasswordError) as error:
        echo(f"refused: {error}")
        return False
    finally:
        await database.close()
    echo(f"account   {identity.normal_login(login)}\npassword  {password}   (to be changed at first sign-in)")
    return True


async def _make(connection: Connection, settings: Settings, login: str, name: str, password: str, now: datetime) -> str:
    account = await identity.create_account(
        connection,
        login=login,
        name=name,
        password=password,
        roles=("administrator",),
        locale=settings.locale,
        now=now,
        must_change=True,
    )
    return account.account_id


async def _reset(
    connection: Connection, _settings: Settings, login: str, _name: str, password: str, now: datetime
) -> str:
    account = await identity.find_account(connection, login)
    if account is None or "administrator" not in account.roles:
        raise identity.AccountError(f"{login} is no account with the role of administrator")
    await identity.reset_password(connection, account.account_id, password, now=now)
    await identity.remove_factor(connection, account.account_id)
    await identity.set_active(connection, account.account_id, active=True)
    return account.account_id
