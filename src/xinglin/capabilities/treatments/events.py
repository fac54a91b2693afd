"""What the treatment room tells of; the events of one visit come in their order."""

from xinglin.kernel.event import EventType
from xinglin.kernel.text import N_

DONE = EventType("treatments.done", title=N_("Treatment carried out"), subject="ServiceRequest")
TESTED = EventType("treatments.tested", title=N_("Skin test read"), subject="Observation")
CANCELLED = EventType("treatments.cancelled", title=N_("Treatment cancelled by a refund"), subject="ServiceRequest")
