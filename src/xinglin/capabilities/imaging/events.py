"""What imaging tells of; the events of one visit come in their order."""

from xinglin.kernel.event import EventType
from xinglin.kernel.text import N_

REPORTED = EventType("imaging.reported", title=N_("Examination report published"), subject="DiagnosticReport")
CANCELLED = EventType("imaging.cancelled", title=N_("Examination cancelled by a refund"), subject="ServiceRequest")
