"""The waiting list: when a place comes free, the first who waits for it is offered it."""

from datetime import datetime, time, timedelta

from pydantic import Field

from xinglin.capabilities.scheduling import notices, places, settings
from xinglin.capabilities.scheduling.commands import Channel, allow_channel
from xinglin.capabilities.scheduling.slots import (
    CHANNEL,
    CHANNELS,
    OPEN,
    clinic_name,
    local,
    open_to,
    participants,
    patient_of,
    placed,
    takeable,
    with_hold,
)
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class JoinWaitingList(Input):
    """A patient who waits for a place of a clinic."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    clinic: str = Field(
        title=N_("Clinic"),
        pattern=r"^Schedule/",
        json_schema_extra={"widget": "select", "source": "scheduling.clinics"},
    )
    days: int = Field(14, title=N_("Waits for, days"), ge=1, le=60)
    channel: Channel = Field("window", title=N_("Channel"), json_schema_extra={"widget": "hidden"})


@command(
    "scheduling.join_waiting_list",
    title=N_("Put on the waiting list"),
    permission="scheduling.book",
    done=N_("On the waiting list"),
)
async def join_waiting_list(context: Context, input: JoinWaitingList) -> Resource:
    """Puts a patient on the waiting list of a clinic for some days from now on.

    Refused while the clinic has free places in this time, and when the patient waits for it already.
    """
    allow_channel(context, input.channel)
    patient = await places.living(context, input.patient)
    schedule = await context.read(input.clinic, lock=True)
    await places.refuse_blocked(context, input.patient, input.channel, await settings.read_rules(context))
    for held in await waiting(context, input.clinic):
        if patient_of(held) == input.patient:
            raise Refused(_("The patient is on this waiting list already"), expression="patient")
    end = datetime.combine(context.today + timedelta(days=input.days), time(0), context.zone)
    if await _free_until(context, input.clinic, end, input.channel):
        raise Refused(_("This clinic has free places in this time; book one of them"), expression="clinic")
    wait: Resource = {
        "resourceType": "Appointment",
        "appointmentType": build.concept(CHANNEL, input.channel, CHANNELS[input.channel]),
        "specialty": schedule.get("specialty", []),
        "created": build.instant(context.now),
        "supportingInformation": [build.reference(schedule)],
        "requestedPeriod": [{"start": build.instant(context.now), "end": build.instant(end)}],
        "participant": participants(patient, schedule),
    }
    return await context.create(context.moved("appointment", wait))


async def _free_until(context: Context, clinic: str, end: datetime, channel: str) -> bool:
    release = (await settings.read_rules(context)).release
    query = [("schedule", clinic), ("status", ",".join(OPEN)), ("_sort", "start"), ("_count", "500")]
    between = [("start", f"ge{context.now.isoformat()}"), ("start", f"lt{end.isoformat()}")]
    slots = (await context.search("Slot", [*query, *between])).resources
    return any(takeable(slot, context.now) and open_to(slot, channel, context.now, release) for slot in slots)


async def waiting(context: Context, clinic: str) -> list[Resource]:
    """Those who wait for a place of a clinic, the first first."""
    tag = context.registry.tables["appointment"].tag("WAITLISTED")
    query = [("_tag", tag), ("supporting-info", clinic), ("_sort", "_id"), ("_count", "500")]
    found = (await context.search("Appointment", query)).resources
    return sorted(found, key=lambda item: (item["created"], item["id"]))


class Offer(Input):
    """A place that came free."""

    slot: str = Field(title=N_("Place"), pattern=r"^Slot/")


@command("scheduling.offer", title=N_("Offer"), permission="scheduling.publish", done=N_("Offered"))
async def offer(context: Context, input: Offer) -> Resource:
    """Holds a free place for the first on the waiting list whom it fits, and tells the patient.

    The hold lasts as long as the rules of booking say, and never beyond the begin of the place. Where nobody waits,
    the place stays free.
    """
    slot = await context.read(input.slot, lock=True)
    start = local(slot["start"], context.zone)
    if not takeable(slot, context.now) or start <= context.now:
        return slot
    rules = await settings.read_rules(context)
    for first in await waiting(context, slot["schedule"]["reference"]):
        wait = await context.read(reference(first), lock=True)
        if not _fits(context, wait, slot, rules):
            continue
        until = min(context.now + timedelta(minutes=rules.offer_minutes), start)
        await context.update({**with_hold(slot, until), "status": "busy-tentative"})
        schedule = await context.read(slot["schedule"]["reference"])
        held = context.moved("appointment", {**wait, **placed(schedule, slot)})
        stored = await context.update(with_hold(held, until))
        await notices.tell(
            context,
            stored,
            _("A place has come free: {clinic}, {time}. It is held for you until {until}.").format(
                clinic=clinic_name(schedule), time=start.strftime("%m-%d %H:%M"), until=until.strftime("%m-%d %H:%M")
            ),
        )
        return await context.read(input.slot)
    return slot


def _fits(context: Context, wait: Resource, slot: Resource, rules: settings.Rules) -> bool:
    state = context.registry.tables["appointment"].of(wait)
    end = datetime.fromisoformat(wait["requestedPeriod"][0]["end"])
    channel = build.first_code(wait.get("appointmentType")) or "window"
    return (
        state is not None
        and state.code == "WAITLISTED"
        and datetime.fromisoformat(slot["start"]) < end
        and open_to(slot, channel, context.now, rules.release)
    )
