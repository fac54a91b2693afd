"""What pharmacy tells of; the events of one visit come in their order."""

from xinglin.kernel.event import EventType
from xinglin.kernel.text import N_

PAID = EventType("pharmacy.paid", title=N_("Prescription paid"), subject="MedicationRequest")
CANCELLED = EventType("pharmacy.cancelled", title=N_("Prescription cancelled by a refund"), subject="MedicationRequest")
DISPENSED = EventType("pharmacy.dispensed", title=N_("Medicines dispensed"), subject="MedicationRequest")
RETURNED = EventType("pharmacy.returned", title=N_("Medicines taken back"), subject="MedicationRequest")
