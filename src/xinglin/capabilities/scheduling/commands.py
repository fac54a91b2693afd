"""Publishing, booking and giving up places, and checking in."""

from datetime import date, datetime, time, timedelta

from pydantic import Field

from xinglin.capabilities.scheduling.slots import appointment_resource, local, slot_resource
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _


class PublishSlots(Input):
    """Places of one schedule on one day, one after another."""

    schedule: str = Field(
        title=N_("Clinic"),
        pattern=r"^Schedule/",
        json_schema_extra={"widget": "select", "source": "scheduling.clinics"},
    )
    day: date = Field(title=N_("Day"))
    begin: time = Field(time(8, 0), title=N_("From"))
    end: time = Field(time(11, 30), title=N_("To"))
    minutes: int = Field(10, title=N_("Minutes each"), ge=5, le=120)


@command(
    "scheduling.publish",
    title=N_("Publish places"),
    permission="scheduling.publish",
    done=N_("Places published"),
)
async def publish(context: Context, input: PublishSlots) -> Resource:
    """Adds free places to a schedule; times at which it has places already are left as they are."""
    schedule = await context.read(input.schedule, lock=True)
    if input.day < context.today:
        raise Refused(_("The day lies in the past"), expression="day")
    begin = datetime.combine(input.day, input.begin, context.zone)
    end = datetime.combine(input.day, input.end, context.zone)
    if end - begin < timedelta(minutes=input.minutes):
        raise Refused(_("There is no room for a place between the two times"), expression="end")
    held = await context.search(
        "Slot", [("schedule", input.schedule), *context.on_day("start", input.day), ("_count", "500")]
    )
    taken = [(local(slot["start"], context.zone), local(slot["end"], context.zone)) for slot in held.resources]
    step = timedelta(minutes=input.minutes)
    while begin + step <= end:
        if not any(begin < other_end and start < begin + step for start, other_end in taken):
            await context.create(slot_resource(schedule, begin, begin + step))
        begin += step
    return schedule


class Book(Input):
    """A free place for a patient."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    slot: str = Field(title=N_("Place"), pattern=r"^Slot/", json_schema_extra={"widget": "hidden"})


@command(
    "scheduling.book",
    title=N_("Book"),
    permission="scheduling.book",
    done=N_("Booked"),
    tone="primary",
)
async def book(context: Context, input: Book) -> Resource:
    """Books a free place and registers the visit for it.

    Refused when somebody else was quicker (the message names the nearest free places), when the place lies in the
    past, when the patient has a place with this clinic on that day already, or is recorded as deceased.
    """
    patient = await context.read(input.patient, lock=True)
    if patient.get("deceasedBoolean") or "deceasedDateTime" in patient:
        raise Refused(_("This patient is recorded as deceased; please check who it is"), expression="patient")
    if patient.get("deceasedBoolean") or "deceasedDateTime" in patient:
        raise Refused(_("This patient is recorded as deceased; please check who it is"), expression="patient")
    slot = await context.read(input.slot, lock=True)
    start = local(slot["start"], context.zone)
    if slot["status"] != "free":
        raise Refused(await _taken(context, slot), expression="slot")
    if local(slot["end"], context.zone) <= context.now:
        raise Refused(_("This place lies in the past"), expression="slot")
    schedule = await context.read(slot["schedule"]["reference"])
    await _refuse_second(context, input.patient, schedule, start.date())
    await context.update({**slot, "status": "busy"})
    practitioner = next(actor for actor in schedule["actor"] if actor["reference"].startswith("Practitioner/"))
    appointment = appointment_resource(patient, schedule, slot, context.now)
    booked = await context.create(context.moved("appointment", appointment))
    await context.call(
        "outpatient.register_visit",
        patient=input.patient,
        appointment=f"Appointment/{booked['id']}",
        practitioner=practitioner["reference"],
        clinic=build.concept_text((schedule.get("specialty") or [None])[0]),
        start=start,
    )
    return booked


async def _refuse_second(context: Context, patient: str, schedule: Resource, day: date) -> None:
    held = await context.search(
        "Appointment", [("patient", patient), *context.on_day("date", day), ("status", "booked,arrived")]
    )
    slots = await context.read_many(item["slot"][0]["reference"] for item in held.resources if item.get("slot"))
    if any(slot["schedule"]["reference"] == f"Schedule/{schedule['id']}" for slot in slots.values()):
        raise Refused(_("The patient has a place with this clinic on that day already"), expression="patient")


async def _taken(context: Context, slot: Resource) -> str:
    after = await context.search(
        "Slot",
        [
            ("schedule", slot["schedule"]["reference"]),
            ("status", "free"),
            ("start", f"ge{build.instant(context.now)}"),
            ("_sort", "start"),
            ("_count", "200"),
        ],
    )
    start = local(slot["start"], context.zone)
    nearest = sorted(after.resources, key=lambda other: abs(local(other["start"], context.zone) - start))[:3]
    times = sorted(local(other["start"], context.zone) for other in nearest)
    if not times:
        return _("This place has just been taken, and this clinic has no other free place")
    return _("This place has just been taken. Nearest free: {times}").format(
        times=listed(moment.strftime("%m-%d %H:%M") for moment in times)
    )


class AppointmentStep(Input):
    """An appointment that goes on to its next state."""

    appointment: str = Field(title=N_("Appointment"), pattern=r"^Appointment/", json_schema_extra={"widget": "hidden"})


class CancelAppointment(AppointmentStep):
    """An appointment that is given up."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "scheduling.check_in",
    title=N_("Check in"),
    permission="scheduling.book",
    done=N_("Checked in"),
    tone="primary",
)
async def check_in(context: Context, input: AppointmentStep) -> Resource:
    """Checks a patient in on the day of the appointment and puts the visit into the clinic's queue."""
    appointment = await context.read(input.appointment, lock=True)
    arrived = context.moved("appointment", appointment)
    day = local(appointment["start"], context.zone).date()
    if day != context.today:
        raise Refused(_("The appointment is on {day}, not today").format(day=day.isoformat()))
    stored = await context.update(arrived)
    await context.call("outpatient.join_queue", appointment=input.appointment)
    return stored


@command(
    "scheduling.cancel",
    title=N_("Cancel appointment"),
    permission="scheduling.book",
    done=N_("Appointment cancelled; the place is free again"),
    tone="danger",
)
async def cancel(context: Context, input: CancelAppointment) -> Resource:
    """Gives up a place before check-in; the place is free for others at once."""
    appointment = await context.read(input.appointment, lock=True)
    cancelled = context.moved("appointment", appointment)
    stored = await context.update({**cancelled, "cancelationReason": {"text": input.reason}})
    for slot in appointment.get("slot") or ():
        held = await context.read(slot["reference"], lock=True)
        await context.update({**held, "status": "free"})
    await context.call("outpatient.cancel_visit", appointment=input.appointment, reason=input.reason)
    return stored


class CloseDay(Input):
    """A day that is over."""

    day: date = Field(title=N_("Day"))


@command(
    "scheduling.close_day",
    title=N_("Close the day"),
    permission="scheduling.close",
    done=N_("Day closed"),
)
async def close_day(context: Context, input: CloseDay) -> Resource:
    """Marks every appointment of a past day whose patient did not come as a no-show, and its visit as cancelled."""
    if input.day >= context.today:
        raise Refused(_("Only a past day can be closed"), expression="day")
    table = context.registry.tables["appointment"]
    closed = 0
    while True:
        query = [*context.on_day("date", input.day), ("_tag", table.tag("RESERVED")), ("_count", "200")]
        found = await context.search("Appointment", query)
        for appointment in found.resources:
            await context.move("appointment", appointment)
            await context.call(
                "outpatient.cancel_visit", appointment=f"Appointment/{appointment['id']}", reason=_("No-show")
            )
            closed += 1
        if len(found.resources) < 200:
            break
    return operation_outcome([Issue("information", "informational", _("{count} no-shows").format(count=closed))])
