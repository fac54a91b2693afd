"""The order of a queue, and the steps of a place in it.

Everybody has a time from which the place counts, `Task.restriction.period.start`:

- Whoever comes with an appointment, and in time: the time of the appointment.
- Whoever is late, or was passed over and came back: now, and so behind all whose time has come.
- Whoever comes back with results: so that two others go first, counted from the last who came back; whoever was only
  away for tests does not wait all over again, and those who wait for the first time are not overtaken in rows.

Triage levels I and II (`Task.priority` stat and asap) go ahead of all, I before II; within a level, and among all
others, the earlier time goes first.
"""

from datetime import datetime

from pydantic import Field

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.base import OfAppointment, VisitStep
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

CALL_ORDER = ("SERVING", "CALLED", "WAITING", "PASSED")
"""The states of a queue in the order in which it is shown."""

PRESENT = ("WAITING", "CALLED", "PASSED")
"""The states of a place whose owner is there and has not been seen."""

AHEAD = {"stat": 0, "asap": 1}
"""Priorities that go ahead of all others, and their order."""

BETWEEN_RETURNS = 2
"""How many others go first for each who comes back with results."""


def since(place: Resource) -> datetime:
    """The time from which a place counts."""
    start = (place.get("restriction") or {}).get("period", {}).get("start")
    return datetime.fromisoformat(start or place["authoredOn"])


def from_time(place: Resource, moment: datetime) -> Resource:
    """A place that counts from a time on."""
    return {**place, "restriction": {"period": {"start": build.instant(moment)}}}


def rank(place: Resource) -> tuple[int, datetime, str, str]:
    """What the places of a queue are sorted by."""
    number = build.find_identifier(place, resources.QUEUE_NUMBER) or ""
    return AHEAD.get(str(place.get("priority")), len(AHEAD)), since(place), str(place["authoredOn"]), number


def in_order(context: Context, places: list[Resource]) -> list[Resource]:
    """Places in the order in which a queue is shown: with the doctor, called, waiting, passed over."""
    table = context.registry.tables["queue"]

    def position(place: Resource) -> int:
        state = table.of(place)
        return CALL_ORDER.index(state.code) if state and state.code in CALL_ORDER else len(CALL_ORDER)

    return sorted(places, key=lambda place: (position(place), *rank(place)))


async def places(context: Context, owner: str, *states: str) -> list[Resource]:
    """The places of one or several doctors (references separated by commas) in some states, in the order of a queue."""
    table = context.registry.tables["queue"]
    tags = ",".join(table.tag(code) for code in states or CALL_ORDER)
    query = [("owner", owner), ("_tag", tags), ("_sort", "authored-on"), ("_count", "500")]
    return in_order(context, (await context.search("Task", query)).resources)


async def returning_time(context: Context, owner: str) -> datetime:
    """From when the place of somebody counts who comes back with results now."""
    waiting = await places(context, owner, "WAITING")
    last = max((at for at, place in enumerate(waiting) if resources.returns(place)), default=-1)
    others = waiting[last + 1 :]
    if len(others) >= BETWEEN_RETURNS:
        return since(others[BETWEEN_RETURNS - 1])
    return max([context.now, *map(since, waiting)]) if waiting else context.now


class JoinQueue(OfAppointment):
    """A visit whose patient is there. `due` is the time of the appointment; `late`, whether it was missed."""

    due: datetime | None = Field(None, title=N_("Time"))
    late: bool = Field(False, title=N_("Late"))


@command(
    "outpatient.join_queue",
    title=N_("Join the queue"),
    permission="outpatient.register",
    done=N_("In the queue"),
)
async def join_queue(context: Context, input: JoinQueue) -> Resource:
    """Puts a registered visit into its doctor's queue under the next number of the day.

    In time, it counts from the time of the appointment on; late, or without one, from now on.
    """
    encounter = await visits.of_appointment(context, input.appointment)
    encounter = await context.move("visit", encounter)
    doctor = resources.attender(encounter)
    assert doctor is not None
    place = resources.queue_place(encounter, await _number(context, doctor), doctor, context.now)
    moment = context.now if input.late or input.due is None else input.due
    appointment = await context.read(input.appointment)
    room = _room([entry.get("actor", {}) for entry in appointment.get("participant") or ()])
    return await context.create(context.moved("queue", {**from_time(place, moment), **room}))


def _room(actors: list[Resource]) -> Resource:
    """The element of a place that says to which room its owner is called: the Location among some References."""
    found = [actor for actor in actors if actor.get("reference", "").startswith("Location/")]
    return {"location": found[0]} if found else {}


async def _number(context: Context, doctor: str) -> str:
    return f"{await next_number(context.connection, f'queue-{doctor}-{context.today.isoformat()}'):03d}"


async def _move_place(context: Context, visit: str) -> Resource:
    visits.own_visit(context, await context.read(visit))
    place = context.moved("queue", await visits.queue_place(context, visit))
    return await context.update({**place, "lastModified": build.instant(context.now)})


@command("outpatient.call_in", title=N_("Call"), permission="outpatient.treat", done=N_("Called"), tone="primary")
async def call_in(context: Context, input: VisitStep) -> Resource:
    """Calls a waiting patient in; may be repeated while the patient does not come."""
    return await _move_place(context, input.visit)


@command("outpatient.pass_over", title=N_("Pass over"), permission="outpatient.treat", done=N_("Passed over"))
async def pass_over(context: Context, input: VisitStep) -> Resource:
    """Passes over a called patient who does not come; the place is kept and can wait again."""
    return await _move_place(context, input.visit)


@command("outpatient.requeue", title=N_("Wait again"), permission="outpatient.read", done=N_("Waiting again"))
async def requeue(context: Context, input: VisitStep) -> Resource:
    """Lets a patient who was passed over wait again, behind all whose time has come."""
    place = context.moved("queue", await visits.queue_place(context, input.visit))
    moved = from_time(place, context.now)
    return await context.update({**moved, "lastModified": build.instant(context.now)})


class Transfer(VisitStep):
    """Somebody who waits and goes to another doctor."""

    clinic: str = Field(
        title=N_("Clinic"),
        pattern=r"^Schedule/",
        json_schema_extra={"widget": "select", "source": "scheduling.clinics"},
    )
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command("outpatient.transfer", title=N_("Transfer"), permission="outpatient.read", done=N_("Transferred"))
async def transfer(context: Context, input: Transfer) -> Resource:
    """Gives somebody who waits to another doctor: the time from which the place counts is kept, the number is the next
    of the other queue. A doctor transfers own patients only. Refused where it is the same doctor."""
    encounter = await context.read(input.visit, lock=True)
    if not context.may("outpatient.queues"):
        visits.own_visit(context, encounter)
    place = context.moved("queue", await visits.queue_place(context, input.visit))
    schedule = await context.read(input.clinic)
    doctor = next(actor for actor in schedule["actor"] if actor["reference"].startswith("Practitioner/"))["reference"]
    if doctor == place["owner"]["reference"]:
        raise Refused(_("The patient waits for this doctor already"), expression="clinic")
    clinic = build.concept_text((schedule.get("specialty") or [None])[0])
    await context.update(resources.attended(encounter, doctor, clinic))
    others = [item for item in place.get("identifier") or () if item.get("system") != resources.QUEUE_NUMBER]
    number = build.identifier(resources.QUEUE_NUMBER, await _number(context, doctor))
    note = {"text": input.reason, "time": build.instant(context.now)}
    moved = {
        **place,
        "identifier": [number, *others],
        "owner": build.reference(doctor),
        **_room(schedule["actor"]),
        "note": [*(place.get("note") or ()), note],
        "lastModified": build.instant(context.now),
    }
    return await context.update(moved)
