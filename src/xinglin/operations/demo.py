"""The demonstration: which hospital is filled in, who may sign in, and the walk that proves it."""

import secrets
import socket
from collections.abc import Callable
from zoneinfo import ZoneInfo

from xinglin.operations.supervisor import ServiceError
from xinglin.platform.crypto.vault import Vault
from xinglin.platform.database import Database
from xinglin.platform.settings import Settings, load_settings


async def seed(settings: Settings) -> None:
    """Makes whatever of the demonstration hospital is missing; runs at every start, beside the starting server."""
    from xinglin.kernel.application import Application
    from xinglin.kernel.capability import Registry
    from xinglin.operations.hospital import furnish

    assert settings.database_url is not None
    vault = Vault(settings)
    database = Database(settings.database_url, min_size=1, max_size=4, application="xinglin-demo", vault=vault)
    await database.open()
    try:
        await furnish(Application(Registry.discover(), database, zone=ZoneInfo(settings.timezone)))
    finally:
        await database.close()


def relaxed(settings: Settings) -> Settings:
    """The settings of the demonstration, where somebody has not said otherwise: the printed password serves for ever,
    identity numbers and telephone numbers lie encrypted, and a simulated provider takes mobile payments."""
    from xinglin.capabilities.patients.identity_number import SYSTEM

    usual = {"password_days": 0, "encrypted_identifiers": f"{SYSTEM},phone"}
    chosen = settings.model_fields_set
    if "payment_url" not in chosen:
        usual |= {"payment_url": f"http://127.0.0.1:{_free_port()}", "payment_secret": secrets.token_urlsafe(24)}
    return settings.model_copy(update={name: value for name, value in usual.items() if name not in chosen})


def partners(settings: Settings) -> list[tuple[str, str]]:
    """What runs beside the demonstration: the partners that are simulated."""
    own = "payment_url" not in load_settings().model_fields_set and settings.payment_url is not None
    return [("payments", "xinglin.operations.simulated.payments:run")] if own else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accounts() -> list[tuple[str, str, str]]:
    """The accounts, as (login, name, department)."""
    from xinglin.operations.hospital import DEPARTMENTS, STAFF

    return [(member.login, member.name, DEPARTMENTS[member.department]) for member in STAFF]


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
