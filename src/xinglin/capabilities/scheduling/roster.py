"""Rosters: the weekly sessions of a clinic, and the days on which they do not take place.

A roster is a HealthcareService with the clinic's id as its identifier: `availableTime` holds the weekly sessions,
`notAvailable` the exceptions. Holidays of the whole hospital stand in the HealthcareService of the rules of booking.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from xinglin.capabilities.scheduling.slots import CHANNELS, clinic_name, doctor_name, local
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_

ROSTER = "urn:xinglin:id:roster"
SESSION = "urn:xinglin:extension:session"

WEEKDAYS = {
    "mon": N_("Mon"),
    "tue": N_("Tue"),
    "wed": N_("Wed"),
    "thu": N_("Thu"),
    "fri": N_("Fri"),
    "sat": N_("Sat"),
    "sun": N_("Sun"),
}
"""R4 days-of-week, Monday first."""

DAYS = tuple(WEEKDAYS)


@dataclass(frozen=True)
class Session:
    """A weekly session: weekday, begin and end of the day's clock, minutes of a place, room, quota of each channel,
    and the first and last day on which it takes place (None: no limit)."""

    weekday: str
    begin: time
    end: time
    minutes: int
    room: str | None = None
    quotas: Mapping[str, int] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None

    @property
    def key(self) -> str:
        """What it is known by within its roster."""
        return f"{self.weekday}-{self.begin:%H%M}"

    @property
    def places(self) -> int:
        """How many places it has."""
        span = datetime.combine(date.min, self.end) - datetime.combine(date.min, self.begin)
        return int(span / timedelta(minutes=self.minutes))

    def on(self, day: date) -> bool:
        """Whether it takes place on a day, exceptions apart."""
        return (
            DAYS[day.weekday()] == self.weekday
            and (self.first is None or day >= self.first)
            and (self.last is None or day <= self.last)
        )

    def overlaps(self, other: "Session") -> bool:
        """Whether two sessions of one clinic stand in each other's way."""
        apart = (self.last and other.first and self.last < other.first) or (
            other.last and self.first and other.last < self.first
        )
        return self.weekday == other.weekday and self.begin < other.end and other.begin < self.end and not apart


def element_of(session: Session) -> Resource:
    """A session as an element of `HealthcareService.availableTime`."""
    parts: list[Resource] = [{"url": "minutes", "valuePositiveInt": session.minutes}]
    if session.room:
        parts.append({"url": "room", "valueReference": build.reference(session.room)})
    parts += [{"url": "first", "valueDate": session.first.isoformat()}] if session.first else []
    parts += [{"url": "last", "valueDate": session.last.isoformat()}] if session.last else []
    parts += [{"url": f"quota-{name}", "valueUnsignedInt": number} for name, number in session.quotas.items()]
    return {
        "extension": [{"url": SESSION, "extension": parts}],
        "daysOfWeek": [session.weekday],
        "availableStartTime": session.begin.isoformat(),
        "availableEndTime": session.end.isoformat(),
    }


def session_of(element: Resource) -> Session:
    """A session from its element."""
    held: list[Resource] = next(
        (item["extension"] for item in element.get("extension") or () if item["url"] == SESSION), []
    )
    parts = {part["url"]: part for part in held}
    room = parts.get("room", {}).get("valueReference", {}).get("reference")
    days = {name: parts[name]["valueDate"] for name in ("first", "last") if name in parts}
    return Session(
        weekday=element["daysOfWeek"][0],
        begin=time.fromisoformat(element["availableStartTime"]),
        end=time.fromisoformat(element["availableEndTime"]),
        minutes=int(parts.get("minutes", {}).get("valuePositiveInt", 10)),
        room=room,
        quotas={name: int(parts[f"quota-{name}"]["valueUnsignedInt"]) for name in CHANNELS if f"quota-{name}" in parts},
        first=date.fromisoformat(days["first"]) if "first" in days else None,
        last=date.fromisoformat(days["last"]) if "last" in days else None,
    )


def sessions_of(roster: Resource | None) -> list[Session]:
    """The sessions of a roster in the order of the week."""
    found = map(session_of, (roster or {}).get("availableTime") or ())
    return sorted(found, key=lambda session: (DAYS.index(session.weekday), session.begin))


@dataclass(frozen=True)
class Closure:
    """A time at which nobody is seen, and why; [begin, end)."""

    begin: datetime
    end: datetime
    reason: str

    def covers(self, begin: datetime, end: datetime) -> bool:
        """Whether it has a part in a span of time."""
        return begin < self.end and self.begin < end


def closures_of(service: Resource | None, zone: ZoneInfo) -> list[Closure]:
    """The exceptions of a roster or of the whole hospital."""
    return [
        Closure(
            _moment(entry["during"]["start"], zone),
            _moment(entry["during"]["end"], zone, end=True),
            str(entry["description"]),
        )
        for entry in (service or {}).get("notAvailable") or ()
        if "during" in entry
    ]


def _moment(text: str, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """A FHIR dateTime; of a day without a time, its begin or its end."""
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(zone)
    return datetime.combine(date.fromisoformat(text) + timedelta(days=end), time(0), zone)


def closed(service: Resource, begin: datetime, end: datetime, reason: str) -> Resource:
    """A service with one more exception."""
    during = {"start": build.instant(begin), "end": build.instant(end)}
    return {
        **service,
        "notAvailable": [*(service.get("notAvailable") or ()), {"description": reason, "during": during}],
    }


def new_roster(schedule: Resource) -> Resource:
    """The roster of a clinic before it has a session."""
    return {
        "resourceType": "HealthcareService",
        "identifier": [build.identifier(ROSTER, schedule["id"])],
        "active": True,
        "specialty": schedule.get("specialty", []),
        "name": " · ".join(part for part in (clinic_name(schedule), doctor_name(schedule)) if part),
        "appointmentRequired": True,
    }


async def rosters(context: Context, schedules: Iterable[str]) -> dict[str, Resource]:
    """Rosters by the reference of their clinic; those who have none are absent."""
    ids = sorted(name.partition("/")[2] for name in schedules)
    if not ids:
        return {}
    wanted = ",".join(f"{ROSTER}|{id}" for id in ids)
    found = await context.search("HealthcareService", [("identifier", wanted), ("_count", "1000")])
    return {f"Schedule/{build.find_identifier(item, ROSTER)}": item for item in found.resources}


async def roster_of(context: Context, schedule: Resource) -> Resource:
    """The roster of a clinic, locked, or what it is before it has a session. Whoever calls has locked the Schedule."""
    found = (await rosters(context, [reference(schedule)])).get(reference(schedule))
    return await context.read(reference(found), lock=True) if found else new_roster(schedule)


async def room_of(context: Context, schedule: Resource, slot: Resource) -> Resource | None:
    """The room in which a place of a clinic is: that of its weekly session, else that of the clinic; a Reference."""
    usual: Resource | None = next(
        (actor for actor in schedule["actor"] if actor["reference"].startswith("Location/")), None
    )
    held = (await rosters(context, [reference(schedule)])).get(reference(schedule))
    start = local(slot["start"], context.zone)
    for session in sessions_of(held):
        if session.room and session.on(start.date()) and session.begin <= start.time() < session.end:
            if usual and usual["reference"] == session.room:
                return usual
            room = (await context.read_many([session.room])).get(session.room) or {}
            return build.reference(session.room, str(room.get("name", "")))
    return usual


async def keep(context: Context, roster: Resource) -> Resource:
    """Writes a roster, whether it was there or not."""
    return await (context.update(roster) if "id" in roster else context.create(roster))
