"""Sends events to webhooks: a POST of the CloudEvent, signed (Standard Webhooks 1.0)."""

from xinglin.exchange.events.cloudevents import CONTENT_TYPE, cloud_event, encoded
from xinglin.kernel.application import Application
from xinglin.platform import webhooks
from xinglin.platform.deliveries import Delivery, Undeliverable
from xinglin.platform.outgoing import Outgoing
from xinglin.platform.sealing import Seal, SealError


class Webhooks:
    """What a worker does for webhooks. `source` is the CloudEvents' own."""

    def __init__(self, application: Application, outgoing: Outgoing, seal: Seal, source: str) -> None:
        self._application = application
        self._outgoing = outgoing
        self._seal = seal
        self._source = source

    async def send(self, delivery: Delivery) -> None:
        """Sends one event; what waited for a webhook that is off or deleted is left out. Raises `Undeliverable`."""
        async with self._application.database.transaction() as connection:
            webhook = await webhooks.read(connection, delivery.channel.partition("/")[2])
        if webhook is None or webhook.off_since is not None:
            return
        now = self._application.clock()
        try:
            secrets = webhook.secrets(self._seal, now)
        except SealError as error:
            raise Undeliverable(f"The secret: {error}; or make a new one") from None
        event = cloud_event(delivery, self._source)
        body, timestamp = encoded(event), int(now.timestamp())
        headers = {
            "Content-Type": CONTENT_TYPE,
            "webhook-id": event["id"],
            "webhook-timestamp": str(timestamp),
            "webhook-signature": webhooks.sign(secrets, event["id"], timestamp, body),
        }
        await self._outgoing.send("POST", webhook.url, headers, body)
