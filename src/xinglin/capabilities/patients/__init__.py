"""Patients: who they are, how they are found, what they must not be given."""

from xinglin.capabilities.patients import commands, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_

capability = Capability(
    name="patients",
    title=N_("Patients"),
    modules=(commands, views),
    grants={
        "registrar": ("patients.read", "patients.write"),
        "doctor": ("patients.read", "patients.allergies"),
        "nurse": ("patients.read", "patients.write", "patients.allergies"),
        "pharmacist": ("patients.read", "patients.allergies"),
        "cashier": ("patients.read",),
        "system": ("patients.read",),
    },
    order=10,
)
