"""From an event of a capability to deliveries: a handler of the outbox, beside those of the capabilities.

It runs in the transaction that notes that it has run, in the order of the key; so what waits for others is there
exactly once, and in that order.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from xinglin.exchange.events.cloudevents import payload_of
from xinglin.fhir.outcome import Gone, NotFound
from xinglin.kernel.application import Application
from xinglin.kernel.context import SYSTEM
from xinglin.platform import deliveries, webhooks
from xinglin.platform.access.grants import CAMPUS
from xinglin.platform.outbox import Connection, Handlers, Published

HANDLER = "exchange.events"


class Announcing:
    """What a worker does with events for others: those who have named a webhook, the `channels` that get all, and
    `others`, who are told of each."""

    def __init__(
        self,
        application: Application,
        channels: Sequence[str] = (),
        others: Callable[[Connection, Published], Awaitable[None]] | None = None,
    ) -> None:
        self._application = application
        self._channels = tuple(channels)
        self._others = others

    def handlers(self) -> Handlers:
        """The handlers of the capabilities, and beside them this one for every event."""
        registry, own = self._application.registry, self._application.outbox_handlers()
        return {event: {**own.get(event, {}), HANDLER: self.announce} for event in registry.events}

    async def announce(self, connection: Connection, published: Published) -> None:
        """Writes a delivery for each who is to be told."""
        if self._others:
            await self._others(connection, published)
        waiting = await webhooks.waiting_for(connection, published.event)
        campus = None
        if any(wanted for _, wanted in waiting):
            campus = await self._campus(connection, published.payload["subject"])
        told = [channel for channel, wanted in waiting if wanted is None or wanted == campus]
        for channel in (*self._channels, *told):
            await deliveries.add(
                connection, channel=channel, key=published.key, payload=payload_of(published), at=published.at
            )

    async def _campus(self, connection: Connection, subject: str) -> str | None:
        """The campus where the resource was made that an event is about; None where it bears none."""
        with suppress(NotFound, Gone):
            resource = await self._application.context(connection, SYSTEM).read(subject)
            for tag in resource["meta"].get("tag", ()):
                if tag.get("system") == CAMPUS:
                    return f"Location/{tag['code']}"
        return None
