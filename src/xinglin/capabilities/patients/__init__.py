"""Patients: who they are, how they are found, what they must not be given."""

from xinglin.capabilities.patients import (
    allergies,
    commands,
    correcting,
    duplicates,
    events,
    handlers,
    merging,
    relatives,
    risks,
    screens,
    states,
    views,
)
from xinglin.capabilities.patients.duplicates import CODE
from xinglin.kernel.capability import Capability
from xinglin.kernel.text import N_
from xinglin.platform.access import CHANGE, READ, RECORD, Rule

VISITORS = Rule(("Patient",), READ, criteria="_has:Encounter:patient:_tag=urn:xinglin:campus|%campus", labels=("*",))
"""Patients who were registered on another campus, and have been on this one."""

WARNINGS = ("AllergyIntolerance", "Flag")
"""What everybody must beware of who meets a patient, at a window too."""


def _visitors(types: tuple[str, ...], labels: tuple[str, ...] = ()) -> Rule:
    """What is known of patients who were registered on another campus, and have been on this one."""
    criteria = "patient:Patient._has:Encounter:patient:_tag=urn:xinglin:campus|%campus"
    return Rule(types, READ, criteria=criteria, labels=labels)


MASKED = ("identifier", "telecom", "address", "contact")
"""What those see only in part who have to do with a patient's money, and not with the patient."""

capability = Capability(
    name="patients",
    title=N_("Patients"),
    modules=(
        commands,
        correcting,
        relatives,
        allergies,
        risks,
        duplicates,
        merging,
        states,
        events,
        handlers,
        views,
        screens,
    ),
    grants={
        "registrar": ("patients.read", "patients.write", "patients.risks"),
        "doctor": ("patients.read", "patients.allergies", "patients.risks", "patients.death"),
        "nurse": ("patients.read", "patients.write", "patients.allergies", "patients.risks"),
        "pharmacist": ("patients.read", "patients.allergies", "patients.risks"),
        "cashier": ("patients.read",),
        "records": ("patients.read", "patients.write", "patients.risks", "patients.merge", "patients.death"),
        "system": ("patients.read",),
    },
    access={
        # Every campus knows every patient of the hospital, lest somebody be registered twice.
        "registrar": (
            Rule(("Patient", "RelatedPerson"), READ | CHANGE, labels=("*",)),
            Rule(("Task",), READ, criteria=f"code={CODE}|", labels=("*",)),
            _visitors((*WARNINGS, "Coverage"), ("CEL",)),
        ),
        "records": (
            Rule(("Patient", "RelatedPerson"), READ | CHANGE, labels=("*",)),
            Rule(("Encounter", "Coverage", *WARNINGS), READ, labels=("*",)),
            Rule(("Task",), READ, criteria=f"code={CODE}|", labels=("*",)),
        ),
        "nurse": (
            Rule((RECORD,), READ, campus=True),
            Rule((RECORD,), READ, department=True, labels=("*",)),
            VISITORS,
            _visitors((*WARNINGS, "Coverage")),
        ),
        "doctor": (
            Rule((RECORD,), READ, campus=True),
            Rule((RECORD,), READ, treating=True, labels=("*",)),
            VISITORS,
            _visitors((*WARNINGS, "Coverage")),
        ),
        "pharmacist": (
            Rule(("Patient", *WARNINGS, "Condition", "Coverage", "Encounter"), READ, campus=True, labels=("*",)),
            VISITORS,
            _visitors((*WARNINGS, "Coverage"), ("*",)),
        ),
        "cashier": (
            Rule(("Patient",), READ, campus=True, labels=("*",), masked=MASKED),
            Rule(("Encounter", "Coverage"), READ, campus=True, labels=("*",)),
            Rule(WARNINGS, READ, campus=True),
            VISITORS,
            _visitors((*WARNINGS, "Coverage")),
        ),
        "manager": (
            Rule(("Patient",), READ, campus=True, hidden=("address", "contact"), masked=("identifier", "telecom")),
        ),
    },
    order=10,
)
