"""Data keys: random secrets under which values in the database are encrypted, themselves sealed under the master key.

A new key is used only after some time, so that every process knows it by then; the last one whose time has come
encrypts. The others open what they encrypted, until a job has encrypted that anew and the key is retired.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from psycopg import AsyncConnection

from xinglin.platform.crypto import projects, signers
from xinglin.platform.crypto.suites import SUITES, AeadKey, Suite
from xinglin.platform.sealing import Seal
from xinglin.store.channel_headers import seal_anew as seal_headers_anew
from xinglin.store.sql import load_queries

Connection = AsyncConnection[Any]
queries = load_queries("xinglin.platform")

SECONDS = 5.0
"""How long a process goes by the keys that it knows."""

DELAY = timedelta(minutes=2)
"""How long a new key waits before it is used: longer than a statement lasts, during which no process asks for keys."""

GRACE = timedelta(minutes=5)
"""How long another key must have been in use before one can be retired: nobody writes by that any more."""

SIZE = 32


class KeyRefused(Exception):
    """A key can't be retired; the message says why."""


@dataclass(frozen=True)
class DataKey:
    """A key: one derived secret encrypts, another one makes what stands for values in indexes."""

    id: str
    suite: Suite
    secret: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.id})"

    @cached_property
    def cipher(self) -> AeadKey:
        """What encrypts and opens."""
        return self.suite.aead(self.secret, "values")

    @cached_property
    def index(self) -> bytes:
        """The key of the MAC that stands for values."""
        return self.suite.derived(self.secret, "index")


@dataclass(frozen=True)
class KeyRow:
    """What is known of a key without its secret. `current` encrypts; `superseded` long enough to be retired."""

    id: str
    suite: str
    made: datetime
    used_from: datetime
    retired: datetime | None
    current: bool
    superseded: bool


async def read_keys(connection: Connection, seal: Seal) -> tuple[list[DataKey], DataKey | None]:
    """The keys that are not retired, and the one that encrypts. Raises `SealError` where the master key is another."""
    known, current = [], None
    for id, suite, sealed, usable in await (await connection.execute(queries.data_keys)).fetchall():
        key = DataKey(id, SUITES[suite], seal.open(bytes(sealed), _about(id)))
        known.append(key)
        current = key if usable else current
    return known, current


async def add_key(
    connection: Connection, seal: Seal, suite: Suite, *, delay: timedelta = DELAY, first: bool = False
) -> tuple[str, datetime] | None:
    """Makes a key that is used after `delay`; gives its id and that moment, with `first` None where there is one."""
    async with connection.transaction():
        await connection.execute(queries.lock_data_keys)
        if first and await (await connection.execute(queries.data_keys)).fetchone():
            return None
        id = secrets.token_hex(8)
        sealed = seal.seal(secrets.token_bytes(SIZE), _about(id))
        values = {"id": id, "suite": suite.name, "sealed": sealed, "delay": delay}
        ((used_from,),) = await (await connection.execute(queries.add_data_key, values)).fetchall()
        return id, used_from


async def list_keys(connection: Connection, *, grace: timedelta = GRACE) -> list[KeyRow]:
    """All keys there were, in the order in which they came into use."""
    return [
        KeyRow(*row) for row in await (await connection.execute(queries.list_data_keys, {"grace": grace})).fetchall()
    ]


async def writers_of_before(connection: Connection, *, grace: timedelta = GRACE) -> bool:
    """Whether transactions are at work that began before everybody knew that the present key is in use."""
    values = {"grace": min(grace, timedelta(seconds=30))}
    ((found,),) = await (await connection.execute(queries.writers_of_before, values)).fetchall()
    return bool(found)


async def destroy_key(connection: Connection, id: str) -> None:
    """Destroys the secret of a key; what it encrypted can never be read again. The caller has looked for that."""
    await connection.execute(queries.retire_data_key, {"id": id})


async def seal_anew(connection: Connection, seal: Seal) -> int:
    """Seals under the present master key and suite what others have sealed, and gives how much that was.

    Raises `SealError`, and then the caller's transaction must be undone.
    """
    from xinglin.platform import webhooks
    from xinglin.platform.identity import factors

    done, head = 0, {"head": seal.head.hex()}
    for read, write, about in (
        (queries.data_keys_to_seal, queries.seal_data_key, _about),
        (queries.factors_to_seal, queries.seal_factor, factors.sealed_about),
        (queries.signing_keys_to_seal, queries.seal_signing_key, signers.sealed_about),
        (queries.webhook_secrets_to_seal, queries.seal_webhook_secret, webhooks.sealed_about),
        (queries.former_webhook_secrets_to_seal, queries.seal_former_webhook_secret, webhooks.sealed_about),
        (queries.projects_to_seal, queries.seal_project, projects.sealed_about),
    ):
        for id, sealed in await (await connection.execute(read, head)).fetchall():
            secret = seal.open(bytes(sealed), about(id))
            await connection.execute(write, {"id": id, "sealed": seal.seal(secret, about(id))})
            done += 1
    return done + await seal_headers_anew(connection, seal)


def _about(id: str) -> str:
    return f"data key {id}"
