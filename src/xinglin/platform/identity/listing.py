"""Accounts as administrators list them."""

from collections.abc import Sequence
from dataclasses import dataclass

from xinglin.platform.identity.accounts import Account, Kind, normal_login, queries, to_account
from xinglin.platform.identity.posts import Connection


@dataclass(frozen=True)
class ListedAccount:
    """An account with what its owner has to do, or has done, about signing in."""

    account: Account
    must_change: bool
    has_factor: bool


async def list_accounts(
    connection: Connection, *, kinds: Sequence[Kind], text: str = "", after: str = "", limit: int
) -> list[ListedAccount]:
    """Accounts by login, from behind the login `after`; `text` is a part of login or name."""
    values = {"kinds": list(kinds), "text": normal_login(text), "after": after, "limit": limit}
    rows = await (await connection.execute(queries.list_accounts, values)).fetchall()
    return [ListedAccount(to_account(row[:9]), row[9], row[10]) for row in rows]
