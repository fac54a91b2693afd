"""The keys by which values in the database are encrypted: which there are, new ones, and the end of old ones."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo

from xinglin.platform.crypto import keys
from xinglin.platform.crypto.keys import KeyRefused
from xinglin.platform.crypto.vault import Vault
from xinglin.platform.database import Connection, Database
from xinglin.platform.idempotency import holds
from xinglin.platform.settings import Settings
from xinglin.store.resealing import continue_reseal, reseal_status, start_reseal, uses

AFTER = timedelta(seconds=30)
"""How long after its time a new key encrypts anew what is there: whoever writes by another is done then."""


@asynccontextmanager
async def _session(settings: Settings) -> AsyncIterator[tuple[Connection, Vault]]:
    assert settings.database_url is not None
    vault = Vault(settings)
    database = Database(settings.database_url, min_size=1, max_size=1, application="xinglin-keys", vault=vault)
    async with database.session() as connection:
        yield connection, vault


async def list_all(settings: Settings, say: Callable[[str], object]) -> None:
    """Prints the keys and what is still to be done."""
    async with _session(settings) as (connection, _vault):
        for key in await keys.list_keys(connection):
            state = "in use" if key.current else "retired" if key.retired else "opens only"
            if key.used_from > datetime.now(UTC):
                state = f"used from {key.used_from:%Y-%m-%d %H:%M:%S} UTC"
            say(f"{key.id}  {key.suite:13}  made {key.made:%Y-%m-%d %H:%M}  {state}")
        for run in await reseal_status(connection):
            when = f"ended {run.finished:%Y-%m-%d %H:%M}" if run.finished else f"is at: {run.place}"
            counts = f"{run.looked} looked at, {run.done} written"
            say(f"encrypting anew, begun {run.started:%Y-%m-%d %H:%M}: {counts}, {when}")


async def rotate(
    settings: Settings, say: Callable[[str], object], *, delay: timedelta = keys.DELAY, after: timedelta = AFTER
) -> str:
    """Makes a new key, which the worker encrypts everything by when its time has come; gives its id."""
    async with _session(settings) as (connection, vault), connection.transaction():
        made = await keys.add_key(connection, vault.seal, vault.suite, delay=delay)
        assert made is not None
        id, used_from = made
        await start_reseal(connection, now=datetime.now(UTC), not_before=used_from + after)
    say(f"The key {id} ({vault.suite.name}) encrypts from {used_from:%H:%M:%S} UTC on")
    say("The worker then goes through what is there; see `xinglin keys list`")
    return id


async def encrypt(settings: Settings, say: Callable[[str], object]) -> None:
    """Lets the worker bring everything to what the settings say, by the present key."""
    async with _session(settings) as (connection, _vault), connection.transaction():
        now = datetime.now(UTC)
        await start_reseal(connection, now=now, not_before=now)
    say("The worker goes through what is there; see `xinglin keys list`")


async def retire(settings: Settings, id: str, say: Callable[[str], object], *, grace: timedelta = keys.GRACE) -> None:
    """Destroys a key by which nothing is encrypted any more. Raises `KeyRefused`."""
    async with _session(settings) as (connection, _vault), connection.transaction():
        key = next((each for each in await keys.list_keys(connection, grace=grace) if each.id == id), None)
        if key is None or key.retired:
            raise KeyRefused(f"There is no key {id} to be retired; `xinglin keys list` shows those there are")
        if not key.superseded:
            raise KeyRefused(f"The key {id} is in use, or was until a few minutes ago; make another one and wait")
        if await keys.writers_of_before(connection, grace=grace):
            raise KeyRefused(f"A transaction goes on that may still write by {id}; wait until it has ended")
        if await uses(connection, id):
            raise KeyRefused(f"Values are still encrypted by {id}; wait until the worker is done (`xinglin keys list`)")
        if await holds(connection, id):
            raise KeyRefused(f"Answers of commands are still encrypted by {id}; they are forgotten within a week")
        await keys.destroy_key(connection, id)
    say(f"The key {id} is retired, and its secret destroyed")


async def seal(settings: Settings, say: Callable[[str], object]) -> None:
    """Seals everything under the first of the master keys. Raises `SealError` where none of them opens something."""
    async with _session(settings) as (connection, vault), connection.transaction():
        done = await keys.seal_anew(connection, vault.seal)
    say(f"{done} secrets are sealed anew; the master keys behind the first one are not needed any more")


async def finish_reseal(database: Database, clock: Callable[[], datetime], zone: tzinfo) -> int:
    """Encrypts anew until nothing is left, each batch in a transaction of its own; gives how many were looked at."""
    total = 0
    while True:
        async with database.transaction() as connection:
            looked = await continue_reseal(connection, now=clock(), zone=zone)
        if looked is None:
            return total
        total += looked
