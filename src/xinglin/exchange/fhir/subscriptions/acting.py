"""On whose behalf Subscriptions act, and what becomes of them."""

import logging
from typing import Any
from urllib.parse import parse_qsl

from psycopg import AsyncConnection

from xinglin.fhir.outcome import FhirError
from xinglin.kernel.application import Application
from xinglin.kernel.context import SYSTEM
from xinglin.platform.identity import Actor
from xinglin.store import subscribing
from xinglin.store.repository import Repository
from xinglin.store.subscribing import Subscribed
from xinglin.terminology.knowing import knowing

CHANNEL = "subscription"
"""The first part of the names of deliveries' channels; the other is the id of the Subscription."""

_log = logging.getLogger(__name__)
Connection = AsyncConnection[Any]


class Acting:
    """Repositories for Subscriptions, and their status."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def as_seen_by(self, connection: Connection, subscribed: Subscribed) -> tuple[Actor, Repository]:
        """The account that a Subscription is for, and what it sees now. Raises `Forbidden` where it was closed."""
        application, actor = self._application, SYSTEM
        if subscribed.account is not None:
            actor = await application.actor_of(connection, subscribed.account, subscribed.scopes)
        access, now = application.grant(actor), application.clock()
        return actor, knowing(Repository(connection, now=now, zone=application.zone, access=access))

    def own(self, connection: Connection) -> Repository:
        """What the house sees: for the Subscription itself, of which nothing is shown."""
        # unlimited: only for the Subscription itself, of which nothing is shown.
        return knowing(Repository(connection, now=self._application.clock(), zone=self._application.zone))

    async def set_status(self, connection: Connection, id: str, status: str, error: str | None = None) -> None:
        """Writes the status of a Subscription, and why it is in error."""
        repository = self.own(connection)
        try:
            async with connection.transaction():
                resource = await repository.read(subscribing.TYPE, id, lock=True)
                told = {key: value for key, value in resource.items() if key not in ("error", "_error")}
                await repository.update({**told, "status": status, **({"error": error} if error else {})})
        except FhirError as fault:
            # One that is no longer valid, by a profile that has changed, say. Others must not wait for it.
            _log.error("Subscription/%s can't become %s: %s", id, status, fault)

    async def fail(self, connection: Connection, subscribed: Subscribed, error: str) -> None:
        """Lets a Subscription be in error, unless it is so already."""
        if subscribed.status != "error":
            _log.warning("Subscription/%s can't be served: %s", subscribed.id, error)
            await self.set_status(connection, subscribed.id, "error", error)


async def meets(eyes: Repository, subscribed: Subscribed, type: str, id: str) -> bool:
    """Whether a resource, as it is found now, meets the criteria of a Subscription. Raises what the search raises."""
    criteria = [*parse_qsl(subscribed.criteria, keep_blank_values=True), ("_id", id), ("_count", "1")]
    async with eyes.connection.transaction():
        return bool((await eyes.search(type, criteria)).resources)


def channel_of(id: str) -> str:
    """The channel of a Subscription's deliveries."""
    return f"{CHANNEL}/{id}"
