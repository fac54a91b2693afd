"""Taking a place and giving it back: who may have it, what is near it, and who is offered it next."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from xinglin.capabilities.scheduling import settings
from xinglin.capabilities.scheduling.slots import (
    CHANNELS,
    OPEN,
    channel_of,
    clinic_name,
    doctor_name,
    doctor_of,
    held_until,
    local,
    open_to,
    takeable,
    with_hold,
)
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import listed
from xinglin.platform.i18n import gettext as _

NEAREST = 3
"""How many places a refusal names instead."""

LONGEST = timedelta(hours=2)
"""How long a place lasts at most."""


async def living(context: Context, patient: str) -> Resource:
    """The patient, locked; refused for whoever is recorded as deceased."""
    found = await context.read(patient, lock=True)
    if found.get("deceasedBoolean") or "deceasedDateTime" in found:
        raise Refused(_("This patient is recorded as deceased; please check who it is"), expression="patient")
    return found


async def take(
    context: Context, patient: Resource, slot: str, channel: str, *, apart_from: str = ""
) -> tuple[Resource, Resource]:
    """A place for `patient`, locked and free for `channel` now, and its Schedule. Nothing is written but the end of
    a hold that is over. `apart_from` is an appointment of the patient that gives way to this one.

    Raises:
        Refused: it is taken (with the nearest others), past, of another channel, a second one with this clinic on
            that day, or the patient is blocked for this channel.
    """
    place = await context.read(slot, lock=True)
    schedule = await context.read(place["schedule"]["reference"])
    if channel == "own" and doctor_of(schedule).get("reference") != context.actor.practitioner:
        raise Refused(_("This clinic is another doctor's"), expression="slot")
    rules = await settings.read_rules(context)
    if not takeable(place, context.now):
        text = _("This clinic has been stopped") if place["status"] == "busy-unavailable" else ""
        raise await gone(context, place, channel, text or _("This place has just been taken"))
    if local(place["end"], context.zone) <= context.now:
        raise Refused(_("This place lies in the past"), expression="slot")
    if not open_to(place, channel, context.now, rules.release):
        text = _("This place is kept for: {channel}").format(channel=_(CHANNELS[str(channel_of(place))]))
        raise await gone(context, place, channel, text)
    await _refuse_second(context, reference(patient), schedule, local(place["start"], context.zone).date(), apart_from)
    await refuse_blocked(context, reference(patient), channel, rules)
    if place["status"] == "busy-tentative":
        await _end_hold(context, place)
        place = await context.read(slot, lock=True)
    return place, schedule


async def _end_hold(context: Context, place: Resource) -> None:
    """Ends the hold on a place whose time is over, so that it does not wait for the worker."""
    table = context.registry.tables["appointment"]
    query = [("slot", reference(place)), ("_tag", table.tag("HELD")), ("_count", "5")]
    for appointment in (await context.search("Appointment", query)).resources:
        await context.call("scheduling.expire", appointment=reference(appointment), offer=False)


async def _refuse_second(context: Context, patient: str, schedule: Resource, day: date, apart_from: str) -> None:
    query = [("patient", patient), *context.on_day("date", day), ("status", "booked,arrived,pending")]
    held = [
        item
        for item in (await context.search("Appointment", query)).resources
        if reference(item) != apart_from and not ((until := held_until(item)) and until <= context.now)
    ]
    slots = await context.read_many(item["slot"][0]["reference"] for item in held if item.get("slot"))
    if any(slot["schedule"]["reference"] == reference(schedule) for slot in slots.values()):
        raise Refused(_("The patient has a place with this clinic on that day already"), expression="patient")


async def refuse_blocked(context: Context, patient: str, channel: str, rules: settings.Rules) -> None:
    """Refuses to book online for whoever did not come too often; at the window everybody is served."""
    if channel != "app" or not rules.no_shows:
        return
    tag = context.registry.tables["appointment"].tag("NO_SHOW")
    since = context.today - timedelta(days=rules.no_show_days)
    query = [("patient", patient), ("_tag", tag), *context.from_day("date", since), ("_sort", "-date")]
    missed = (await context.search("Appointment", [*query, ("_count", str(rules.no_shows))])).resources
    if len(missed) < rules.no_shows:
        return
    until = local(missed[0]["start"], context.zone).date() + timedelta(days=rules.blocked_days)
    if until > context.today:
        raise Refused(
            _(
                "{count} appointments were missed; booking online is possible again from {day}, at the window now"
            ).format(count=len(missed), day=until.isoformat()),
            expression="patient",
        )


async def gone(context: Context, place: Resource, channel: str, text: str) -> Refused:
    """The refusal of a place that can't be had, with the nearest free ones: in words, and as an issue for each whose
    expression is the Slot."""
    near = await nearest(context, place, channel)
    if not near:
        return Refused(text + _(", and there is no other free place"), expression="slot")
    schedules = await context.read_many(slot["schedule"]["reference"] for slot in near)
    names = {reference(slot): place_name(context, slot, schedules) for slot in near}
    issues = [Issue("information", "informational", name, slot) for slot, name in names.items()]
    times = (local(slot["start"], context.zone).strftime("%m-%d %H:%M") for slot in near)
    text = text + _(". Nearest free: {times}").format(times=listed(times))
    return Refused(issues=[Issue("error", Refused.code, text, "slot"), *issues])


def place_name(context: Context, slot: Resource, schedules: dict[str, Resource]) -> str:
    """A place in words: day, time, clinic, doctor."""
    schedule = schedules.get(slot["schedule"]["reference"], slot)
    moment = local(slot["start"], context.zone).strftime("%m-%d %H:%M")
    return f"{moment} {clinic_name(schedule)} {doctor_name(schedule)}".strip()


async def nearest(context: Context, place: Resource, channel: str, count: int = NEAREST) -> list[Resource]:
    """The free places nearest in time to `place`: of its clinic, then of others of the same specialty, in order of
    time."""
    own = place["schedule"]["reference"]
    found = await _around(context, [own], place, channel, count)
    if len(found) < count and (code := build.first_code((place.get("specialty") or [None])[0])):
        clinics = await context.search("Schedule", [("specialty", code), ("active", "true"), ("_count", "50")])
        others = [name for each in clinics.resources if (name := reference(each)) != own]
        found += await _around(context, others, place, channel, count - len(found)) if others else []
    return sorted(found, key=lambda slot: datetime.fromisoformat(slot["start"]))


async def _around(context: Context, schedules: list[str], place: Resource, channel: str, count: int) -> list[Resource]:
    start = datetime.fromisoformat(place["start"])
    release = (await settings.read_rules(context)).release
    common = [("schedule", ",".join(schedules)), ("status", ",".join(OPEN)), ("_count", "60")]
    after = [("start", f"ge{max(start, context.now).isoformat()}"), ("_sort", "start")]
    before = [("start", f"ge{context.now.isoformat()}"), ("start", f"lt{start.isoformat()}"), ("_sort", "-start")]
    slots: list[Resource] = []
    for query in (after, before) if start > context.now else (after,):
        slots += (await context.search("Slot", [*common, *query])).resources
    free = [
        slot
        for slot in slots
        if slot["id"] != place["id"] and takeable(slot, context.now) and open_to(slot, channel, context.now, release)
    ]
    return sorted(free, key=lambda slot: abs(datetime.fromisoformat(slot["start"]) - start))[:count]


async def free(context: Context, slots: Iterable[Resource], *, offer: bool = True) -> None:
    """Gives places back, each of them offered to the first on the waiting list where somebody waits for it.

    `slots` are References. A place that was withdrawn meanwhile stays so.
    """
    for slot in slots:
        held = await context.read(slot["reference"], lock=True)
        if held["status"] not in ("busy", "busy-tentative"):
            continue
        await context.update({**with_hold(held, None), "status": "free"})
        if offer:
            await context.call("scheduling.offer", slot=slot["reference"])
