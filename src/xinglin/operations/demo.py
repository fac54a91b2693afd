"""The demonstration: which hospital is filled in, who may sign in, and the walk that proves it."""

import pkgutil
from collections.abc import Callable

from xinglin.operations.supervisor import ServiceError
from xinglin.platform.settings import Settings

APPLICATION = "xinglin.server.app:create_application"
"""`module:function`, `(settings, name) -> Application`; by name, since the server stands on a higher floor."""


async def seed(settings: Settings) -> None:
    """Makes whatever of the demonstration hospital is missing."""
    from xinglin.operations.hospital import furnish

    application = pkgutil.resolve_name(APPLICATION)(settings, "xinglin-demo")
    await application.database.open()
    try:
        await furnish(application)
    finally:
        await application.database.close()


def accounts() -> list[tuple[str, str, str]]:
    """The accounts, as (login, name, department)."""
    from xinglin.operations.hospital import STAFF

    return [(member.login, member.name, member.department) for member in STAFF]


def password() -> str:
    """The password of all of them."""
    from xinglin.operations.hospital import PASSWORD

    return PASSWORD


def walk(base: str, say: Callable[[str], None]) -> dict[str, str]:
    """Walks one visit through the server at `base`; returns the final states by name. Raises `ServiceError`."""
    from xinglin.operations.walk import WalkFailedError, walk_visit

    try:
        return walk_visit(base, say)
    except WalkFailedError as error:
        raise ServiceError(str(error)) from error
