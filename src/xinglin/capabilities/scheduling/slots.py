"""Slots and appointments as R4 resources, and their times."""

from datetime import datetime
from zoneinfo import ZoneInfo

from xinglin.fhir import build
from xinglin.fhir.types import Resource


def local(instant: str, zone: ZoneInfo) -> datetime:
    """A FHIR instant as a time in the hospital's zone."""
    return datetime.fromisoformat(instant).astimezone(zone)


def slot_resource(schedule: Resource, begin: datetime, end: datetime) -> Resource:
    """A free Slot of `schedule`."""
    return build.without_empty(
        {
            "resourceType": "Slot",
            "schedule": build.reference(schedule),
            "specialty": schedule.get("specialty", []),
            "status": "free",
            "start": build.instant(begin),
            "end": build.instant(end),
        }
    )


def appointment_resource(patient: Resource, schedule: Resource, slot: Resource, moment: datetime) -> Resource:
    """An Appointment of a patient with the actors of `schedule`, in the time of `slot`."""
    return {
        "resourceType": "Appointment",
        "specialty": schedule.get("specialty", []),
        "slot": [build.reference(slot)],
        "start": slot["start"],
        "end": slot["end"],
        "created": build.instant(moment),
        "participant": [
            {"actor": build.reference(patient, build.person_name(patient)), "status": "accepted"},
            *({"actor": actor, "status": "accepted"} for actor in schedule["actor"]),
        ],
    }
