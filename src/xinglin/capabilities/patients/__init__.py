"""Patients: who they are, how they are found, what they must not be given."""

from xinglin.capabilities.patients import commands, views
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import CHANGE, READ, RECORD, Rule

VISITORS = Rule(("Patient",), READ, criteria="_has:Encounter:patient:_tag=urn:xinglin:campus|%campus", labels=("*",))
"""Patients who were registered on another campus, and have been on this one."""

MASKED = ("identifier", "telecom", "address", "contact")
"""What those see only in part who have to do with a patient's money, and not with the patient."""

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
    access={
        # Every campus knows every patient of the hospital, lest somebody be registered twice.
        "registrar": (Rule(("Patient",), READ | CHANGE, labels=("*",)),),
        "nurse": (
            Rule((RECORD,), READ, campus=True),
            Rule((RECORD,), READ, department=True, labels=("*",)),
            VISITORS,
        ),
        "doctor": (
            Rule((RECORD,), READ, campus=True),
            Rule((RECORD,), READ, treating=True, labels=("*",)),
            VISITORS,
        ),
        "pharmacist": (
            Rule(("Patient", "AllergyIntolerance", "Condition", "Encounter"), READ, campus=True, labels=("*",)),
            VISITORS,
        ),
        "cashier": (
            Rule(("Patient",), READ, campus=True, labels=("*",), masked=MASKED),
            Rule(("Encounter", "Coverage"), READ, campus=True, labels=("*",)),
            VISITORS,
        ),
        "manager": (
            Rule(("Patient",), READ, campus=True, hidden=("address", "contact"), masked=("identifier", "telecom")),
        ),
    },
    order=10,
)
