"""What billing tells of; the events of one visit come in their order."""

from xinglin.kernel.event import EventType
from xinglin.kernel.text import N_

SETTLED = EventType("billing.settled", title=N_("Payment taken"), subject="Invoice")
REFUNDED = EventType("billing.refunded", title=N_("Payment given back"), subject="Invoice")
