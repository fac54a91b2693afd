"""Booking and giving up places, moving them, checking in, and the end of the day."""

from datetime import date
from typing import Literal

from pydantic import Field

from xinglin.capabilities.scheduling import places, roster, settings
from xinglin.capabilities.scheduling.slots import (
    appointment_resource,
    clinic_name,
    doctor_of,
    local,
    participants,
    patient_of,
    placed,
)
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import NotPermitted, Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

Channel = Literal["window", "app", "own", "referral"]

CHANNEL_PERMISSIONS = {
    "window": "scheduling.window",
    "referral": "scheduling.window",
    "app": "scheduling.online",
    "own": "scheduling.own",
}
"""What a caller must hold to give out places of a channel."""


class Book(Input):
    """A free place for a patient, through one of the channels."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    slot: str = Field(title=N_("Place"), pattern=r"^Slot/", json_schema_extra={"widget": "hidden"})
    channel: Channel = Field("window", title=N_("Channel"), json_schema_extra={"widget": "hidden"})


def allow_channel(context: Context, channel: str) -> None:
    """Refuses a channel that is not the caller's."""
    if not context.may(CHANNEL_PERMISSIONS[channel]):
        raise NotPermitted(_("You may not give out places of this channel"), expression="channel")


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
    past, when the patient has a place with this clinic on that day already, or is recorded as deceased; online also
    for whoever missed too many appointments.
    """
    allow_channel(context, input.channel)
    patient = await places.living(context, input.patient)
    slot, schedule = await places.take(context, patient, input.slot, input.channel)
    await context.update({**slot, "status": "busy"})
    room = await roster.room_of(context, schedule, slot)
    appointment = appointment_resource(patient, schedule, slot, context.now, input.channel, room)
    booked = await context.create(context.moved("appointment", appointment))
    await book_visit(context, booked, schedule)
    return booked


async def book_visit(context: Context, appointment: Resource, schedule: Resource) -> None:
    """Registers the visit that an appointment is for; whoever has a place waits for none of this clinic any longer."""
    patient = patient_of(appointment)
    await context.call(
        "outpatient.register_visit",
        patient=patient,
        appointment=reference(appointment),
        practitioner=doctor_of(schedule)["reference"],
        clinic=clinic_name(schedule),
        start=local(appointment["start"], context.zone),
    )
    tag = context.registry.tables["appointment"].tag("WAITLISTED")
    query = [("patient", patient), ("_tag", tag), ("supporting-info", reference(schedule)), ("_count", "10")]
    for wait in (await context.search("Appointment", query)).resources:
        await context.call("scheduling.cancel", appointment=reference(wait), reason=_("Has a place now"))


class AppointmentStep(Input):
    """An appointment that goes on to its next state."""

    appointment: str = Field(title=N_("Appointment"), pattern=r"^Appointment/", json_schema_extra={"widget": "hidden"})


class Rebook(AppointmentStep):
    """An appointment that moves to another place."""

    slot: str = Field(title=N_("Place"), pattern=r"^Slot/", json_schema_extra={"widget": "hidden"})


@command(
    "scheduling.rebook",
    title=N_("Move appointment"),
    permission="scheduling.book",
    done=N_("Appointment moved"),
    tone="primary",
)
async def rebook(context: Context, input: Rebook) -> Resource:
    """Moves an appointment, of a clinic that was stopped or of a patient who asks for it, to another free place.

    The visit moves along with all that it holds; the former place is free for others. Refused as booking is.
    """
    appointment = await context.read(input.appointment, lock=True)
    moved = context.moved("appointment", appointment)
    patient = await places.living(context, patient_of(appointment))
    channel = build.first_code(appointment.get("appointmentType")) or "window"
    slot, schedule = await places.take(context, patient, input.slot, channel, apart_from=input.appointment)
    await context.update({**slot, "status": "busy"})
    await places.free(context, appointment.get("slot") or ())
    room = await roster.room_of(context, schedule, slot)
    stored = await context.update(
        {**moved, **placed(schedule, slot), "participant": participants(patient, schedule, room)}
    )
    await context.call(
        "outpatient.move_visit",
        appointment=input.appointment,
        practitioner=doctor_of(schedule)["reference"],
        clinic=clinic_name(schedule),
        start=local(slot["start"], context.zone),
    )
    return stored


class CancelAppointment(AppointmentStep):
    """An appointment that is given up."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command(
    "scheduling.check_in",
    title=N_("Check in"),
    permission="scheduling.check_in",
    done=N_("Checked in"),
    tone="primary",
)
async def check_in(context: Context, input: AppointmentStep) -> Resource:
    """Checks a patient in on the day of the appointment and puts the visit into the clinic's queue.

    Whoever comes in time waits from the time of the appointment on; whoever is late goes behind those who wait.
    """
    appointment = await context.read(input.appointment, lock=True)
    arrived = context.moved("appointment", appointment)
    start = local(appointment["start"], context.zone)
    if start.date() != context.today:
        raise Refused(_("The appointment is on {day}, not today").format(day=start.date().isoformat()))
    stored = await context.update(arrived)
    rules = await settings.read_rules(context)
    late = context.now > start + rules.late
    await context.call("outpatient.join_queue", appointment=input.appointment, due=start, late=late)
    return stored


@command(
    "scheduling.cancel",
    title=N_("Cancel appointment"),
    permission="scheduling.book",
    done=N_("Appointment cancelled"),
    tone="danger",
)
async def cancel(context: Context, input: CancelAppointment) -> Resource:
    """Gives up a place, or a wait for one, before the patient has been seen; the place is free for others at once.

    The visit is cancelled with what it costs; what was paid waits at the cashier as an approved refund.
    """
    appointment = await context.read(input.appointment, lock=True)
    before = context.registry.tables["appointment"].of(appointment)
    cancelled = context.moved("appointment", appointment)
    stored = await context.update({**cancelled, "cancelationReason": {"text": input.reason}})
    await places.free(context, appointment.get("slot") or ())
    if before is not None and before.code in ("RESERVED", "STOPPED"):
        await context.call("outpatient.cancel_visit", appointment=input.appointment, reason=input.reason)
    elif before is not None and before.code == "ARRIVED":
        visits = await context.search("Encounter", [("appointment", input.appointment), ("_count", "1")])
        await context.call("outpatient.leave", visit=reference(visits.resources[0]), reason=input.reason)
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
    """Marks every appointment of a past day whose patient did not come as a no-show, and its visit as cancelled.

    Where the clinic was stopped, it was not the patient who did not come: the appointment is cancelled.
    """
    if input.day >= context.today:
        raise Refused(_("Only a past day can be closed"), expression="day")
    table = context.registry.tables["appointment"]
    tags = ",".join(table.tag(code) for code in ("RESERVED", "STOPPED"))
    query = [*context.on_day("date", input.day), ("_tag", tags), ("_count", "200")]
    closed = 0
    while (found := await context.search("Appointment", query)).resources:
        for appointment in found.resources:
            moved = await context.move("appointment", appointment)
            missed = moved["status"] == "noshow"
            reason = _("No-show") if missed else _("Clinic stopped")
            await context.call("outpatient.cancel_visit", appointment=reference(appointment), reason=reason)
            closed += missed
    await _end_waiting(context)
    return operation_outcome([Issue("information", "informational", _("{count} no-shows").format(count=closed))])


async def _end_waiting(context: Context) -> None:
    """Ends the waits whose last day is over."""
    tag = context.registry.tables["appointment"].tag("WAITLISTED")
    found = await context.search("Appointment", [("_tag", tag), ("_sort", "_id"), ("_count", "1000")])
    for appointment in found.resources:
        end = local(appointment["requestedPeriod"][0]["end"], context.zone)
        if end < context.now:
            await context.move("appointment", appointment)
