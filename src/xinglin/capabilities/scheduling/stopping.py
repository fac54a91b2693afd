"""Stopping clinics: for a doctor who falls ill, and for holidays of the whole hospital."""

from datetime import date, datetime, time, timedelta

from pydantic import Field, model_validator

from xinglin.capabilities.scheduling import notices, places, roster, settings
from xinglin.capabilities.scheduling.slots import clinic_name, doctor_name, local, with_hold
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

HELD = {"widget": "hidden"}


class Stop(Input):
    """A clinic that sees nobody on a day, or for a part of it."""

    clinic: str = Field(title=N_("Clinic"), pattern=r"^Schedule/", json_schema_extra={**HELD})
    day: date = Field(title=N_("Day"), json_schema_extra={**HELD})
    begin: time = Field(time(0), title=N_("From"), json_schema_extra={**HELD})
    end: time = Field(time(23, 59), title=N_("To"), json_schema_extra={**HELD})
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=120)

    @model_validator(mode="after")
    def _coherent(self) -> "Stop":
        if self.end <= self.begin:
            raise ValueError(_("The end lies before the begin"))
        return self


@command(
    "scheduling.stop",
    title=N_("Stop clinic"),
    permission="scheduling.publish",
    done=N_("Clinic stopped; everybody booked has a message"),
    tone="danger",
)
async def stop(context: Context, input: Stop) -> Resource:
    """Stops a clinic for a day or a part of it: nothing can be booked there any more, holds end, and everybody who has
    a place gets a message that proposes the nearest others and waits to be rebooked or cancelled.

    Who has checked in already stays in the queue, and is transferred from there. The roster keeps the exception, so
    that nothing is published into it later.
    """
    schedule = await context.read(input.clinic, lock=True)
    begin, end = (datetime.combine(input.day, clock, context.zone) for clock in (input.begin, input.end))
    if end <= context.now:
        raise Refused(_("This time is over"), expression="day")
    held = await roster.roster_of(context, schedule)
    if any(each.begin <= begin and end <= each.end for each in roster.closures_of(held, context.zone)):
        raise Refused(_("This clinic is stopped for this time already"), expression="day")
    await roster.keep(context, roster.closed(held, begin, end, input.reason))
    withdrawn = await _withdraw(context, input.clinic, begin, end)
    affected = await booked_between(context, withdrawn)
    for appointment in affected:
        await _stop_one(context, appointment, schedule, input.reason)
    text = _("{count} appointments are to be rebooked").format(count=len(affected))
    return operation_outcome([Issue("information", "informational", text)])


async def _withdraw(context: Context, clinic: str, begin: datetime, end: datetime) -> list[Resource]:
    """Makes all places of a clinic in a span of time unavailable; returns them."""
    query = [("schedule", clinic), ("start", f"ge{begin.isoformat()}"), ("start", f"lt{end.isoformat()}")]
    found = (await context.search("Slot", [*query, ("_sort", "start"), ("_count", "1000")])).resources
    slots = []
    for slot in found:
        locked = await context.read(reference(slot), lock=True)
        slots.append(await context.update({**with_hold(locked, None), "status": "busy-unavailable"}))
    return slots


async def booked_between(context: Context, slots: list[Resource]) -> list[Resource]:
    """The appointments in some places that nobody has come to yet; holds among them lapse, since there is nothing left
    to hold."""
    if not slots:
        return []
    table = context.registry.tables["appointment"]
    names = ",".join(reference(slot) for slot in slots)
    query = [("slot", names), ("_tag", table.tag("RESERVED")), ("_sort", "date"), ("_count", "1000")]
    for held in (await context.search("Appointment", [("slot", names), ("_tag", table.tag("HELD"))])).resources:
        locked = await context.read(reference(held), lock=True)
        await context.update(with_hold(locked, context.now))
        await context.call("scheduling.expire", appointment=reference(held), offer=False)
    return (await context.search("Appointment", query)).resources


async def _stop_one(context: Context, appointment: Resource, schedule: Resource, reason: str) -> None:
    locked = await context.read(reference(appointment), lock=True)
    stopped = await context.update({**context.moved("appointment", locked), "comment": reason})
    channel = build.first_code(locked.get("appointmentType")) or "window"
    near = await places.nearest(context, await context.read(locked["slot"][0]["reference"]), channel)
    schedules = await context.read_many(slot["schedule"]["reference"] for slot in near)
    options = listed(places.place_name(context, slot, schedules) for slot in near)
    text = _("Your appointment {time}, {clinic} {doctor}, can't take place: {reason}.").format(
        time=local(locked["start"], context.zone).strftime("%m-%d %H:%M"),
        clinic=clinic_name(schedule),
        doctor=doctor_name(schedule),
        reason=reason,
    )
    proposal = _(" Nearest free: {times}.").format(times=options) if near else ""
    await notices.tell(context, stopped, text + proposal)


class Holiday(Input):
    """Days on which no clinic of the hospital publishes places."""

    first: date = Field(title=N_("From day"))
    last: date = Field(title=N_("To day"))
    name: str = Field(title=N_("Name"), min_length=2, max_length=60)

    @model_validator(mode="after")
    def _coherent(self) -> "Holiday":
        if self.last < self.first:
            raise ValueError(_("The last day lies before the first"))
        if self.last - self.first > timedelta(days=30):
            raise ValueError(_("A holiday has at most {days} days").format(days=31))
        return self


@command(
    "scheduling.close_for_holiday",
    title=N_("Enter holiday"),
    permission="scheduling.rules",
    done=N_("Holiday entered"),
)
async def close_for_holiday(context: Context, input: Holiday) -> Resource:
    """Closes all clinics for some days: rosters publish nothing there. Extra sessions can be published all the same.

    Refused where a clinic has places on these days already: such clinics are stopped one by one, since somebody may
    hold their places.
    """
    if input.first < context.today:
        raise Refused(_("The day lies in the past"), expression="first")
    begin = datetime.combine(input.first, time(0), context.zone)
    end = datetime.combine(input.last + timedelta(days=1), time(0), context.zone)
    query = [("start", f"ge{begin.isoformat()}"), ("start", f"lt{end.isoformat()}"), ("status", "busy,busy-tentative")]
    if (await context.search("Slot", [*query, ("_count", "1")])).resources:
        raise Refused(_("Somebody has places on these days; stop those clinics first"), expression="first")
    free = [*query[:2], ("status", "free"), ("_count", "1000")]
    while (found := await context.search("Slot", free)).resources:
        for slot in found.resources:
            locked = await context.read(reference(slot), lock=True)
            if locked["status"] != "free":
                raise Refused(_("Somebody has places on these days; stop those clinics first"), expression="first")
            await context.delete(locked)
    held = await settings.service(context, lock=True)
    return await settings.keep(context, roster.closed(held, begin, end, input.name))
