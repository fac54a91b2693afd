"""Webhooks: endpoints that administrators name, and the secrets by which receivers know that it is us who calls.

Signed as in Standard Webhooks 1.0 (https://www.standardwebhooks.com): `webhook-signature` holds, for each secret in
force, `v1,` and the base64 of the HMAC-SHA256 over `id.timestamp.body`. While a secret is changed, the former one signs
too, so that a receiver can take up the new one without missing anything.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from uuid_utils.compat import uuid7

from xinglin.store.channel_headers import Sealing
from xinglin.store.sql import load_queries

queries = load_queries("xinglin.platform")
Connection = psycopg.AsyncConnection[Any]

CHANNEL = "webhook"
"""The first part of the names of deliveries' channels; the other is the id of the webhook."""

PREFIX = "whsec_"
"""By which libraries, people and scanners of leaked secrets know a secret."""

SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
"""How long a former secret still signs."""


@dataclass(frozen=True)
class Webhook:
    """An endpoint; it is told of `events`, of one campus where one is named. Secrets are sealed."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    campus: str | None
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None
    created: datetime
    off_since: datetime | None

    @property
    def channel(self) -> str:
        """The channel of its deliveries."""
        return f"{CHANNEL}/{self.id}"

    def secrets(self, seal: Sealing, now: datetime) -> list[bytes]:
        """The secrets in force, the newest first. Raises what `seal` does for one that does not open."""
        found = [self.secret]
        if self.former_secret is not None and self.former_until is not None and now < self.former_until:
            found.append(self.former_secret)
        return [seal.open(each, sealed_about(self.id)) for each in found]


@dataclass(frozen=True)
class ListedWebhook:
    """A webhook, how much waits for it (at most 1,000 are counted), and what was wrong with its endpoint last."""

    webhook: Webhook
    next_attempt: datetime | None
    held: datetime | None
    error: str | None
    waiting: int


def sign(secrets: Sequence[bytes], id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for a message; `timestamp` in seconds of Unix time."""
    content = b".".join((id.encode(), str(timestamp).encode(), body))
    digests = (hmac.digest(secret, content, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


async def create(
    connection: Connection,
    *,
    name: str,
    url: str,
    events: Sequence[str],
    campus: str | None,
    seal: Sealing,
    now: datetime,
) -> tuple[str, str]:
    """Makes a webhook; returns its id and its secret, which is never seen again."""
    id = str(uuid7())
    told, sealed = _new_secret(id, seal)
    values = {"id": id, "name": name, "url": url, "events": list(events), "campus": campus}
    await connection.execute(queries.webhook_add, {**values, "secret": sealed, "now": now})
    return id, told


async def change(
    connection: Connection, id: str, *, name: str, url: str, events: Sequence[str], campus: str | None
) -> None:
    """Changes what a webhook is and is told of from now on."""
    values = {"id": id, "name": name, "url": url, "events": list(events), "campus": campus}
    await connection.execute(queries.webhook_change, values)


async def change_secret(connection: Connection, id: str, *, seal: Sealing, now: datetime) -> str:
    """Gives a webhook a new secret and returns it; the present one signs beside it until `OVERLAP` is over."""
    told, sealed = _new_secret(id, seal)
    await connection.execute(queries.webhook_secret, {"id": id, "secret": sealed, "until": now + OVERLAP})
    return told


async def switch(connection: Connection, id: str, *, off: datetime | None) -> None:
    """Switches a webhook off as of a moment, or on."""
    await connection.execute(queries.webhook_switch, {"id": id, "off": off})


async def delete(connection: Connection, id: str) -> None:
    """Deletes a webhook with its secrets."""
    await connection.execute(queries.webhook_delete, {"id": id})


async def read(connection: Connection, id: str, *, lock: bool = False) -> Webhook | None:
    """A webhook; None where there is none. With `lock`, nothing is added for it until this transaction ends."""
    query = queries.webhook_locked if lock else queries.webhook_read
    row = await (await connection.execute(query, {"id": id})).fetchone()
    return _webhook(row) if row else None


async def listed(connection: Connection, *, id: str | None = None, limit: int = 100) -> list[ListedWebhook]:
    """Webhooks by name, or the one with this id; those that are off come last."""
    rows = await (await connection.execute(queries.webhooks_listed, {"id": id, "limit": limit})).fetchall()
    return [ListedWebhook(_webhook(row[:10]), *row[10:]) for row in rows]


async def waiting_for(connection: Connection, event: str) -> list[tuple[str, str | None]]:
    """Channels of those that are to be told of a type of event, with the campus where one is named.

    They stay as they are until the transaction ends: what is added for one that is switched off meanwhile is dropped.
    """
    rows = await (await connection.execute(queries.webhooks_of_event, {"event": event})).fetchall()
    return [(f"{CHANNEL}/{id}", campus) for id, campus in rows]


def _webhook(row: Sequence[Any]) -> Webhook:
    id, name, url, events, *rest = row
    return Webhook(id, name, url, tuple(events), *rest)


def _new_secret(id: str, seal: Sealing) -> tuple[str, bytes]:
    """A secret as it is told, and sealed."""
    secret = secrets.token_bytes(SECRET_BYTES)
    return PREFIX + base64.b64encode(secret).decode(), seal.seal(secret, sealed_about(id))


def sealed_about(id: str) -> str:
    """What the secrets of a webhook are bound to."""
    return f"{CHANNEL}/{id}/secret"
