"""Clinics of the demonstration hospital and places for the coming days."""

from datetime import date, time, timedelta

from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

SPECIALTY_SYSTEM = "urn:xinglin:code:department"
SESSIONS = (
    (time(8), time(12), 10),
    (time(13, 30), time(17, 30), 10),
    (time(18), time(23, 50), 10),
    (time(23, 50), time(23, 59), 9),
)
"""From, to, minutes of a place; late enough that the demonstration works at any hour."""

DAYS = 7

CLINICS = (
    ("cardiology", "心血管内科", "practitioner-chen", "陈立新"),
    ("general", "全科医学科", "practitioner-lin", "林若云"),
    ("respiratory", "呼吸内科", "practitioner-zhao", "赵思远"),
)
"""Schedule id, department, practitioner id and name."""


def schedule_resource(id: str, department: str, practitioner: str, name: str) -> Resource:
    """A clinic of one doctor."""
    return {
        "resourceType": "Schedule",
        "id": id,
        "active": True,
        "specialty": [build.concept(SPECIALTY_SYSTEM, id, department)],
        "actor": [
            build.reference(f"Practitioner/{practitioner}", name),
            build.reference(f"Location/clinic-{id}", f"{department}诊室"),
        ],
    }


async def seed(context: Context) -> None:
    """Writes the clinics once, and places for today and the six days that follow wherever they lack."""
    for clinic in CLINICS:
        try:
            await context.read(f"Schedule/{clinic[0]}")
        except NotFound:
            await context.create(schedule_resource(*clinic), id=clinic[0])
        for ahead in range(DAYS):
            await _publish(context, f"Schedule/{clinic[0]}", context.today + timedelta(days=ahead))


async def _publish(context: Context, schedule: str, day: date) -> None:
    held = await context.search("Slot", [("schedule", schedule), *context.on_day("start", day), ("_count", "1")])
    if held.resources:
        return
    for begin, end, minutes in SESSIONS:
        await context.call("scheduling.publish", schedule=schedule, day=day, begin=begin, end=end, minutes=minutes)
