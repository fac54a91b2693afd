"""The ids of what belongs to the hospital, so that whatever refers to it needs not have it."""

from xinglin.capabilities.scheduling.seed import SPECIALTY_SYSTEM
from xinglin.fhir import build
from xinglin.fhir.types import Json, Resource
from xinglin.synthetic.courses.all import DEPARTMENTS
from xinglin.synthetic.hospital import CAMPUSES, SUPPORT, Worker
from xinglin.synthetic.plan import Plan

NAMES = {department.code: department.name for department in DEPARTMENTS} | SUPPORT
"""Departments by their codes."""


def department(plan: Plan, code: str) -> Json:
    """A Reference to a department."""
    return build.reference(f"Organization/s{plan.seed}-{code}", NAMES[code])


def campus(plan: Plan, number: int) -> Json:
    """A Reference to a campus."""
    return build.reference(f"Location/{plan.id('campus', number)}", CAMPUSES[number])


def room(plan: Plan, code: str, number: int) -> Json:
    """A Reference to the consulting rooms of a department at a campus."""
    return build.reference(f"Location/s{plan.seed}-{code}-{number}", f"{NAMES[code]}诊室（{CAMPUSES[number]}）")


def practitioner(worker: Worker) -> Json:
    """A Reference to a member of staff."""
    return build.reference(f"Practitioner/{worker.id}", worker.name)


def payer(plan: Plan, kind: str) -> str:
    """The Organization that pays for a kind of insurance."""
    return f"Organization/s{plan.seed}-payer-{kind}"


def schedule(plan: Plan, worker: Worker) -> Resource:
    """The clinic of a doctor, as scheduling has it."""
    assert worker.clinic is not None
    return {
        "resourceType": "Schedule",
        "id": worker.clinic,
        "active": True,
        "specialty": [build.concept(SPECIALTY_SYSTEM, worker.department, NAMES[worker.department])],
        "actor": [practitioner(worker), room(plan, worker.department, worker.campus)],
    }
