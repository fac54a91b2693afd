"""Events of the capabilities for others: as CloudEvents, to webhooks and to a message broker."""

from xinglin.exchange.events.announcing import Announcing
from xinglin.exchange.events.nats import Broker
from xinglin.exchange.events.webhooks import Webhooks

__all__ = ["Announcing", "Broker", "Webhooks"]
