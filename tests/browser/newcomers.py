"""Accounts beside those of the demonstration, made for one test."""

from datetime import UTC, datetime
from uuid import uuid4

from tests.browser.hospital import Hospital
from xinglin.platform import identity
from xinglin.platform.database import Database

GIVEN = "Given-By-Chief-1"


def new_account(hospital: Hospital, *, must_change: bool = True, roles: tuple[str, ...] = ("registrar",)) -> str:
    """An account with a password that somebody else chose; returns its login."""
    login = f"new-{uuid4().hex[:8]}"

    async def make() -> None:
        database = Database(str(hospital.settings.database_url), min_size=1, max_size=1)
        await database.open()
        async with database.transaction() as connection:
            await identity.create_account(
                connection,
                login=login,
                name="王芳",
                password=GIVEN,
                roles=roles,
                locale="zh_CN",
                now=datetime.now(UTC),
                must_change=must_change,
            )
        await database.close()

    hospital.run(make())
    return login
