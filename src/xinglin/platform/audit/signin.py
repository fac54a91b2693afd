"""Attempts to sign in that were refused, on record."""

from datetime import datetime

from xinglin.platform import identity
from xinglin.platform.audit.entries import record
from xinglin.platform.audit.recent import Recent
from xinglin.platform.database import Database

TOO_MANY = 429
_throttled = Recent(60.0)
"""Whoever comes again and again within the delay of wrong passwords is on record once a minute: else strangers could
fill the disk."""


async def sign_in_refused(database: Database, *, login: str, client: str, at: datetime, status: int) -> None:
    """Records an attempt to sign in that was refused with an HTTP status.

    Where the login is an account's, the entry is that account's; what was typed is never kept, since people type
    their password into the wrong field.
    """
    if status == TOO_MANY and not _throttled.fresh(client, [login]):
        return
    async with database.transaction() as connection:
        await record(
            connection,
            actor=await identity.find_account(connection, login),
            action="sign-in",
            command="session.open",
            entities=[],
            outcome="refused",
            at=at,
            client=client,
            detail=str(status),
        )
