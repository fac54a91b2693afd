"""What this capability tells of."""

from xinglin.kernel.event import EventType
from xinglin.kernel.text import N_

REGISTERED = EventType("patients.registered", title=N_("Patient registered"), subject="Patient")
CORRECTED = EventType("patients.corrected", title=N_("Patient corrected"), subject="Patient")
MERGED = EventType("patients.merged", title=N_("Two records merged"), subject="Patient")
UNMERGED = EventType("patients.unmerged", title=N_("A merge undone"), subject="Patient")
SCANNING = EventType("patients.scanning", title=N_("Records are compared"), subject="Task")
