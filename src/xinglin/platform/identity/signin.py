"""Signing in with login and password. Unknown logins behave and last like known ones."""

from datetime import datetime

from xinglin.platform.database import Database
from xinglin.platform.i18n import gettext as _
from xinglin.platform.identity import throttle
from xinglin.platform.identity.accounts import Account, normal_login, queries, to_account
from xinglin.platform.identity.passwords import hash_password, outdated, verify_password
from xinglin.platform.identity.posts import Connection
from xinglin.platform.identity.throttle import SignInRefused


async def authenticate(database: Database, *, login: str, password: str, client: str, now: datetime) -> Account:
    """Whose login and password these are. `client` is the network address.

    It takes the database and not a connection, since a failure must be counted although nothing else happens.
    Raises `SignInRefused`; what it says does not tell whether the login exists.
    """
    login = normal_login(login)
    attempt = throttle.login_attempt(login, client)
    async with database.transaction() as connection:
        await throttle.admit(connection, attempt, now)
        row = await (await connection.execute(queries.find_account, {"login": login})).fetchone()
        account = to_account(row) if row else None
        if account is not None and await has_password(connection, account, password):
            await throttle.succeeded(connection, attempt, now)
            return account
        if account is None:
            await verify_password(None, password)
        await throttle.failed(connection, attempt, now)
    raise SignInRefused(_("Login or password is wrong"), 401, account=account)


async def has_password(connection: Connection, account: Account, password: str) -> bool:
    """Whether the account is active and this its password."""
    kept = await (await connection.execute(queries.read_password, {"account": account.account_id})).fetchone()
    if not await verify_password(kept[0] if kept else None, password) or kept is None:
        return False
    if outdated(kept[0]):
        values = {"account": account.account_id, "old": kept[0], "password": await hash_password(password)}
        await connection.execute(queries.renew_hash, values)
    return True
