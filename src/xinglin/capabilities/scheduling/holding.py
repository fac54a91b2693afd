"""Holding a place while the patient decides or pays; a hold ends by itself."""

from datetime import timedelta

from pydantic import Field

from xinglin.capabilities.scheduling import places, roster, settings
from xinglin.capabilities.scheduling.commands import AppointmentStep, Book, allow_channel, book_visit
from xinglin.capabilities.scheduling.slots import appointment_resource, held_until, with_hold
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


@command("scheduling.hold", title=N_("Hold"), permission="scheduling.book", done=N_("Place held"))
async def hold(context: Context, input: Book) -> Resource:
    """Keeps a place for a patient who decides or pays, for as long as the rules of booking say.

    The end stands in the appointment's extension `held-until`. Refused as booking is.
    """
    allow_channel(context, input.channel)
    patient = await places.living(context, input.patient)
    slot, schedule = await places.take(context, patient, input.slot, input.channel)
    rules = await settings.read_rules(context)
    until = context.now + timedelta(minutes=rules.hold_minutes)
    await context.update({**with_hold(slot, until), "status": "busy-tentative"})
    room = await roster.room_of(context, schedule, slot)
    appointment = appointment_resource(patient, schedule, slot, context.now, input.channel, room)
    return await context.create(context.moved("appointment", with_hold(appointment, until)))


@command("scheduling.confirm", title=N_("Confirm"), permission="scheduling.book", done=N_("Booked"), tone="primary")
async def confirm(context: Context, input: AppointmentStep) -> Resource:
    """Books a held place. Refused once the hold is over, with the nearest free places."""
    appointment = await context.read(input.appointment, lock=True)
    booked = context.moved("appointment", appointment)
    slot = await context.read(appointment["slot"][0]["reference"], lock=True)
    until = held_until(appointment)
    if until is None or until <= context.now:
        channel = build.first_code(appointment.get("appointmentType")) or "window"
        raise await places.gone(context, slot, channel, _("The time for which the place was held is over"))
    await context.update({**with_hold(slot, None), "status": "busy"})
    schedule = await context.read(slot["schedule"]["reference"])
    stored = await context.update(with_hold(booked, None))
    await book_visit(context, stored, schedule)
    return stored


class ExpireHold(AppointmentStep):
    """A hold whose time is over. `offer`: whether the place goes to the waiting list."""

    offer: bool = Field(True, title=N_("Offer to the waiting list"))


@command("scheduling.expire", title=N_("End hold"), permission="scheduling.close", done=N_("Hold ended"))
async def expire(context: Context, input: ExpireHold) -> Resource:
    """Ends a hold whose time is over; one that is not over stays as it is."""
    appointment = await context.read(input.appointment, lock=True)
    state = context.registry.tables["appointment"].of(appointment)
    until = held_until(appointment)
    if state is None or state.code != "HELD" or (until is not None and until > context.now):
        return appointment
    lapsed = await context.update(context.moved("appointment", appointment))
    await places.free(context, appointment.get("slot") or (), offer=input.offer)
    return lapsed


class Nothing(Input):
    """Nothing needs to be said."""


@command("scheduling.expire_holds", title=N_("End holds"), permission="scheduling.close", done=N_("Holds ended"))
async def expire_holds(context: Context, input: Nothing) -> Resource:  # noqa: ARG001  (the shape of every command)
    """Ends all holds whose time is over."""
    tag = context.registry.tables["appointment"].tag("HELD")
    found = await context.search("Appointment", [("_tag", tag), ("_sort", "_id"), ("_count", "1000")])
    over = [item for item in found.resources if (until := held_until(item)) is None or until <= context.now]
    for appointment in over:
        await context.call("scheduling.expire", appointment=reference(appointment))
    return operation_outcome([Issue("information", "informational", _("{count} holds ended").format(count=len(over)))])
