"""The examination itself: booked, arrived, begun, ended."""

from datetime import date, datetime, time, timedelta

from pydantic import Field

from xinglin.capabilities.imaging import resources
from xinglin.capabilities.imaging.catalogue import Room, read_room, read_studies
from xinglin.capabilities.imaging.ordering import OneOrder
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import MULTILINE, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _

NO_IMAGES = frozenset({"OT", "EEG", "EMG"})
"""Modalities whose examinations leave nothing for an archive of images."""


async def locked_order(context: Context, name: str) -> Resource:
    """An order, locked behind its visit."""
    request = await context.read(name)
    # Whoever changes what belongs to a visit holds the visit first, so that cashier and examiner don't meet.
    await context.read(request["encounter"]["reference"], lock=True)
    return await context.read(name, lock=True)


def room_of(request: Resource) -> str:
    """Reference of the room of an order."""
    return str((request.get("performer") or [{}])[0].get("reference", ""))


def places(room: Room, day: date, context: Context) -> list[datetime]:
    """The times at which the places of a room begin on a day."""
    found = []
    for begin, end in room.hours:
        moment = datetime.combine(day, time.fromisoformat(begin), context.zone)
        until = datetime.combine(day, time.fromisoformat(end), context.zone)
        while moment + timedelta(minutes=room.minutes) <= until:
            found.append(moment)
            moment += timedelta(minutes=room.minutes)
    return found


async def taken(context: Context, room: str, day: date) -> dict[str, str]:
    """Times on a day at which a room is taken, as instants, with the order for which it is."""
    table = context.registry.tables["examination"]
    tags = ",".join(table.tag(code) for code in ("BOOKED", "WAITING", "EXAMINING", "EXAMINED"))
    query = [("performer", room), ("occurrence", day.isoformat()), ("_tag", tags), ("_count", "500")]
    found = await context.search("ServiceRequest", query)
    return {
        build.instant(datetime.fromisoformat(item["occurrenceDateTime"]).astimezone(context.zone)): reference(item)
        for item in found.resources
        if "occurrenceDateTime" in item
    }


class BookExamination(OneOrder):
    """A time for an examination."""

    start: datetime = Field(title=N_("Begin"))


@command("imaging.book", title=N_("Book a time"), permission="imaging.desk", done=N_("Time booked"), tone="primary")
async def book(context: Context, input: BookExamination) -> Resource:
    """Books a place of the room for a paid examination, or another one instead. Refused where it is taken (the message
    names the nearest free ones), lies in the past, or the room has no place at that time."""
    request = context.moved("examination", await locked_order(context, input.order))
    name = room_of(request)
    room = await read_room(context, name.partition("/")[2])
    start = input.start.astimezone(context.zone)
    if start < context.now:
        raise Refused(_("This time has gone by"), expression="start")
    offered = places(room, start.date(), context)
    if start not in offered:
        raise Refused(_("{room} has no place at that time").format(room=room.name), expression="start")
    await context.lock(f"imaging.book {name} {start.date()}")
    held = await taken(context, name, start.date())
    if held.get(build.instant(start), input.order) != input.order:
        free = [each for each in offered if build.instant(each) not in held and each > context.now]
        nearest = sorted(free, key=lambda each: abs(each - start))[:3]
        raise Refused(
            _("This place is taken; the nearest free ones are: {places}").format(
                places=listed(f"{each:%H:%M}" for each in sorted(nearest)) or "—"
            ),
            expression="start",
        )
    return await context.update({**request, "occurrenceDateTime": build.instant(start)})


@command("imaging.arrive", title=N_("Patient arrived"), permission="imaging.desk", done=N_("In the queue of the room"))
async def arrive(context: Context, input: OneOrder) -> Resource:
    """Puts a patient who has come into the queue of the room. Refused for a room that is booked where no place is."""
    request = context.moved("examination", await locked_order(context, input.order))
    if "occurrenceDateTime" not in request:
        room = await read_room(context, room_of(request).partition("/")[2])
        if room.booked:
            raise Refused(_("{room} works by appointment; please book a place first").format(room=room.name))
        request["occurrenceDateTime"] = build.instant(context.now)
    return await context.update(request)


@command(
    "imaging.begin",
    title=N_("Begin examination"),
    permission="imaging.perform",
    done=N_("Examination begun"),
    tone="primary",
)
async def begin(context: Context, input: OneOrder) -> Resource:
    """Begins an examination: from now on it is not refunded. Refused for one that has been refunded meanwhile."""
    request = await context.move("examination", await locked_order(context, input.order))
    await context.call("billing.mark_rendered", service=reference(request), rendered=True)
    await context.create(resources.procedure(request, context))
    return request


class Stop(OneOrder):
    """An examination that is not carried through."""

    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


async def procedure_of(context: Context, request: Resource, status: str) -> Resource | None:
    """The examination of an order, in a status."""
    query = [("based-on", reference(request)), ("status", status), ("_sort", "-_lastUpdated"), ("_count", "1")]
    found = (await context.search("Procedure", query)).resources
    return await context.read(reference(found[0]), lock=True) if found else None


async def procedure_of_any(context: Context, request: Resource) -> Resource | None:
    """The last examination of an order, whatever its status."""
    query = [("based-on", reference(request)), ("_sort", "-_lastUpdated"), ("_count", "1")]
    found = (await context.search("Procedure", query)).resources
    return found[0] if found else None


@command("imaging.stop", title=N_("Stop examination"), permission="imaging.perform", done=N_("Stopped"), tone="danger")
async def stop(context: Context, input: Stop) -> Resource:
    """Ends an examination that could not be carried through; the patient waits again, and it may be refunded."""
    request = await context.move("examination", await locked_order(context, input.order))
    if (held := await procedure_of(context, request, "in-progress")) is not None:
        period = {**held["performedPeriod"], "end": build.instant(context.now)}
        reason = {"text": input.reason}
        await context.update({**held, "status": "stopped", "performedPeriod": period, "statusReason": reason})
    await context.call("billing.mark_rendered", service=reference(request), rendered=False)
    return request


class Finish(OneOrder):
    """What the radiographer tells the physician."""

    note: str | None = Field(None, title=N_("Note for the report"), max_length=300, json_schema_extra=MULTILINE)


@command(
    "imaging.finish", title=N_("End examination"), permission="imaging.perform", done=N_("Examined"), tone="primary"
)
async def finish(context: Context, input: Finish) -> Resource:
    """Ends an examination; it stands on the list of those to be reported. What leaves images is registered for the
    archive under its accession number."""
    request = await context.move("examination", await locked_order(context, input.order))
    started = build.instant(context.now)
    if (held := await procedure_of(context, request, "in-progress")) is not None:
        started = held["performedPeriod"]["start"]
        period = {**held["performedPeriod"], "end": build.instant(context.now)}
        notes = [{"text": input.note}] if input.note else []
        done = {**held, "status": "completed", "performedPeriod": period, "note": notes}
        await context.update(build.without_empty(done))
    code = resources.study_code(request)
    study = (await read_studies(context, [code])).get(code)
    if study is not None and study.modality not in NO_IMAGES:
        await context.create(resources.imaging_study(request, study.modality, started))
    return request
