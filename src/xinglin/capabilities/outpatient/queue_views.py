"""The queues of all doctors, for those who look after who waits."""

from datetime import datetime
from typing import Any

from pydantic import Field

from xinglin.capabilities.outpatient import pace, queueing, resources, triage
from xinglin.capabilities.outpatient.levels import LEVELS
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_
from xinglin.kernel.view import Filter, Page, Row, RowAction, view


class Queues(Filter):
    """One clinic where one is wanted, by its name or by its doctor."""

    clinic: str | None = Field(None, title=N_("Clinic"), max_length=80)
    doctor: str | None = Field(None, title=N_("Doctor"), pattern=r"^Practitioner/")


class PlaceRow(Row):
    """A place in the queue of some doctor."""

    number: str = Field(title=N_("No."))
    patient_name: str = Field(title=N_("Patient"))
    gender: str = Field(title=N_("Sex"), json_schema_extra={"kind": "code"})
    age: int | None = Field(title=N_("Age"), json_schema_extra={"kind": "number"})
    level: str = Field(title=N_("Level"))
    complaint: str = Field(title=N_("Chief complaint"))
    clinic: str = Field(title=N_("Clinic"))
    doctor_name: str = Field(title=N_("Doctor"))
    waited: int = Field(title=N_("Waits, min"), json_schema_extra={"kind": "number"})
    expected: int | None = Field(title=N_("Still, about min"), json_schema_extra={"kind": "number"})
    overdue: bool = Field(title=N_("Overdue"), json_schema_extra={"kind": "flag"})
    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "queue"})
    returns: bool = Field(title=N_("Results ready"), json_schema_extra={"kind": "flag"})
    doctor: str = Field(title=N_("Doctor"), json_schema_extra={"hidden": True})
    visit: str = Field(title=N_("Visit"), json_schema_extra={"hidden": True})
    patient: str = Field(title=N_("Patient"), json_schema_extra={"hidden": True})


@view(
    "outpatient.queues",
    title=N_("All queues"),
    permission="outpatient.queues",
    row=PlaceRow,
    actions=(
        RowAction("outpatient.requeue", {"visit": "visit"}, frozenset({"PASSED"})),
        RowAction("outpatient.transfer", {"visit": "visit"}, frozenset(queueing.PRESENT)),
        RowAction("outpatient.leave", {"visit": "visit"}, frozenset(queueing.PRESENT)),
    ),
    empty=N_("Nobody is waiting"),
)
async def queues(context: Context, filter: Queues) -> Page[PlaceRow]:
    """Today's queues that the caller may see, doctor by doctor, each in its order, with the time that is left."""
    places = await today(context, filter.doctor)
    people = await context.read_many(
        name for place in places for name in (place["for"]["reference"], place["owner"]["reference"])
    )
    visits = await context.read_many(place["focus"]["reference"] for place in places)
    times = await pace.estimates(context, places)
    rows = [_row(context, place, people, visits.get(place["focus"]["reference"]), times) for place in places]
    wanted = [row for row in rows if filter.clinic in (None, row.clinic)]
    grouped = sorted(wanted, key=lambda row: (row.clinic, row.doctor))
    return Page(grouped[: filter.limit], total=len(grouped))


async def today(context: Context, doctor: str | None = None) -> list[Resource]:
    """The places of today that have not been left, in the order of a queue."""
    table = context.registry.tables["queue"]
    tags = ",".join(table.tag(code) for code in queueing.CALL_ORDER)
    query = [("_tag", tags), *context.on_day("authored-on", context.today), ("_sort", "authored-on")]
    query += [("owner", doctor)] if doctor else []
    found = await context.search("Task", [*query, ("_count", "1000")])
    return queueing.in_order(context, found.resources)


def _row(
    context: Context,
    place: Resource,
    people: dict[str, Resource],
    visit: Resource | None,
    times: dict[str, int],
) -> PlaceRow:
    state = context.registry.tables["queue"].of(place)
    patient = people.get(place["for"]["reference"])
    doctor = place["owner"]["reference"]
    waited = max(0, int((context.now - datetime.fromisoformat(place["authoredOn"])).total_seconds() // 60))
    level = triage.level_of(visit)
    return PlaceRow(
        key=reference(place),
        number=build.find_identifier(place, resources.QUEUE_NUMBER) or "",
        patient_name=build.person_name(patient),
        gender=str((patient or {}).get("gender", "unknown")),
        age=build.age_in_years((patient or {}).get("birthDate"), context.today),
        level=level,
        complaint=build.concept_text(((visit or {}).get("reasonCode") or [None])[0]),
        clinic=build.concept_text((visit or {}).get("serviceType")),
        doctor_name=build.person_name(people.get(doctor)),
        waited=waited,
        expected=times.get(reference(place)),
        overdue=_overdue(level, waited) and bool(state and state.code in queueing.PRESENT),
        state=state.code if state else "",
        returns=resources.returns(place),
        doctor=doctor,
        visit=place["focus"]["reference"],
        patient=place["for"]["reference"],
    )


def _overdue(level: str, waited: int) -> bool:
    """Whether somebody waits longer than the level allows."""
    minutes = next((degree.minutes for code, degree in LEVELS.items() if code == level), None)
    return minutes is not None and waited > minutes


class LoadRow(Row):
    """How busy a doctor is; the key is the Practitioner."""

    doctor_name: str = Field(title=N_("Doctor"))
    waiting: int = Field(title=N_("Waiting"), json_schema_extra={"kind": "number"})
    expected: int = Field(title=N_("Still, about min"), json_schema_extra={"kind": "number"})


@view("outpatient.loads", title=N_("Doctors at work"), permission="outpatient.loads", row=LoadRow)
async def loads(context: Context, filter: Filter) -> Page[LoadRow]:
    """How many wait for each doctor who has somebody in the queue today, and how long whoever comes now would wait."""
    places = await today(context)
    owners = {place["owner"]["reference"] for place in places}
    speeds, people = await pace.paces(context, owners), await context.read_many(owners)
    table = context.registry.tables["queue"]
    rows = []
    for owner in sorted(owners):
        own = [place for place in places if place["owner"]["reference"] == owner]
        times = pace.expected(context, own, speeds[owner])
        busy = any((state := table.of(place)) and state.code in ("SERVING", "CALLED") for place in own)
        last = max(times.values()) if times else 0
        wait = round(last + speeds[owner]) if times else round(speeds[owner]) if busy else 0
        rows.append(
            LoadRow(key=owner, doctor_name=build.person_name(people.get(owner)), waiting=len(times), expected=wait)
        )
    return Page(rows[: filter.limit], total=len(rows))


class OnePlace(Filter):
    """A place in a queue."""

    place: str = Field(title=N_("Place"), pattern=r"^Task/")


class StandingRow(Row):
    """Where somebody stands: how many go before, and how long it will take."""

    state: str = Field(title=N_("State"), json_schema_extra={"kind": "state", "table": "queue"})
    clinic: str = Field(title=N_("Clinic"))
    doctor_name: str = Field(title=N_("Doctor"))
    ahead: int = Field(title=N_("Before you"), json_schema_extra={"kind": "number"})
    expected: int = Field(title=N_("Still, about min"), json_schema_extra={"kind": "number"})


@view("outpatient.standing", title=N_("Place in the queue"), permission="outpatient.loads", row=StandingRow)
async def standing(context: Context, filter: OnePlace) -> Page[StandingRow]:
    """Where one place stands in its queue."""
    place = await context.read(filter.place)
    owner = place["owner"]["reference"]
    held = await today(context, owner)
    speed = (await pace.paces(context, [owner]))[owner]
    times = pace.expected(context, held, speed)
    doctor = (await context.read_many([owner])).get(owner)
    state = context.registry.tables["queue"].of(place)
    visit = await context.read(place["focus"]["reference"])
    row = StandingRow(
        key=filter.place,
        state=state.code if state else "",
        clinic=build.concept_text(visit.get("serviceType")),
        doctor_name=build.person_name(doctor),
        ahead=list(times).index(filter.place) if filter.place in times else 0,
        expected=times.get(filter.place, 0),
    )
    return Page([row], total=1)


def by_doctor(rows: list[PlaceRow]) -> list[dict[str, Any]]:
    """Rows as groups of one doctor each: `clinic`, `doctor_name`, `rows`, and how many wait."""
    groups: dict[str, list[PlaceRow]] = {}
    for row in rows:
        groups.setdefault(row.doctor, []).append(row)
    return [
        {
            "clinic": held[0].clinic,
            "doctor_name": held[0].doctor_name,
            "rows": held,
            "waiting": sum(row.state == "WAITING" for row in held),
        }
        for held in groups.values()
    ]
