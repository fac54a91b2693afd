"""What Subscriptions to topics were told of: numbered from 1 on without gaps, and kept for some days."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from xinglin.store.cursors import execute, queries

Connection = AsyncConnection[Any]

MOST = 500
"""Events that are given at once."""


class SubscriptionEvent(NamedTuple):
    """Something of which a Subscription is told: a version of a resource, or its deletion."""

    number: int
    at: datetime
    type: str
    id: str
    version: int
    deleted: bool

    @property
    def focus(self) -> str:
        """The reference of the resource."""
        return f"{self.type}/{self.id}"


async def add(
    connection: Connection, subscription: str, *, at: datetime, type: str, id: str, version: int, deleted: bool = False
) -> int:
    """Adds an event, and gives its number."""
    values = {"subscription": subscription, "at": at, "type": type, "id": id, "version": version, "deleted": deleted}
    row = await (await execute(connection, queries.subscription_event_add, values)).fetchone()
    assert row is not None
    return int(row[0])


async def between(connection: Connection, subscription: str, since: int, until: int) -> Sequence[SubscriptionEvent]:
    """Events by their numbers, both ends included, the first `MOST` of those that are kept."""
    wanted = {"subscription": subscription, "since": since, "until": until, "limit": MOST}
    rows = await (await execute(connection, queries.subscription_events, wanted)).fetchall()
    return [SubscriptionEvent(*row) for row in rows]


async def forget(connection: Connection, before: datetime) -> None:
    """Forgets events that are older."""
    await execute(connection, queries.subscription_events_forget, {"before": before})
