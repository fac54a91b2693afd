"""Events of the capabilities for others: as CloudEvents, to webhooks."""

from xinglin.exchange.events.announcing import Announcing
from xinglin.exchange.events.webhooks import Webhooks

__all__ = ["Announcing", "Webhooks"]
