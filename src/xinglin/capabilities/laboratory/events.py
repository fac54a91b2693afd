"""What the laboratory tells of; the events of one visit come in their order."""

from xinglin.kernel.event import EventType
from xinglin.kernel.text import N_

REPORTED = EventType("laboratory.reported", title=N_("Laboratory report published"), subject="DiagnosticReport")
REJECTED = EventType("laboratory.rejected", title=N_("Specimen rejected"), subject="Specimen")
CANCELLED = EventType("laboratory.cancelled", title=N_("Test cancelled by a refund"), subject="ServiceRequest")
