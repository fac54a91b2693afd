"""Clinics of the demonstration hospital, their rosters, and places for the coming days."""

from datetime import time

from xinglin.capabilities.scheduling import roster
from xinglin.fhir import build
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context

SPECIALTY_SYSTEM = "urn:xinglin:code:department"
SESSIONS: tuple[tuple[time, time, int, dict[str, int]], ...] = (
    (time(8), time(12), 10, {"app": 6, "own": 2, "referral": 1}),
    (time(13, 30), time(17, 30), 10, {"app": 6}),
    (time(18), time(23, 50), 10, {}),
    (time(23, 50), time(23, 59), 9, {}),
)
"""From, to, minutes of a place, quotas; late enough that the demonstration works at any hour."""

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
    """Writes clinics and rosters once, and places for today and the six days that follow wherever they lack."""
    for clinic in CLINICS:
        schedule = f"Schedule/{clinic[0]}"
        try:
            held = await context.read(schedule)
        except NotFound:
            held = await context.create(schedule_resource(*clinic), id=clinic[0])
        if not roster.sessions_of((await roster.rosters(context, [schedule])).get(schedule)):
            await _plan(context, held)
        await context.call("scheduling.roll_out", schedule=schedule, days=DAYS)


async def _plan(context: Context, schedule: Resource) -> None:
    """The same sessions on every day of the week."""
    room = next(actor["reference"] for actor in schedule["actor"] if actor["reference"].startswith("Location/"))
    sessions = [
        roster.Session(weekday, begin, end, minutes, room, quotas)
        for weekday in roster.DAYS
        for begin, end, minutes, quotas in SESSIONS
    ]
    times = [roster.element_of(session) for session in sessions]
    await roster.keep(context, {**roster.new_roster(schedule), "availableTime": times})
