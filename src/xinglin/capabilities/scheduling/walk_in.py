"""Same-day registration: a place, a number in the queue and the fee in one step."""

from pydantic import Field

from xinglin.capabilities.scheduling import places, settings
from xinglin.capabilities.scheduling.slots import OPEN, clinic_name, doctor_of, local, open_to, takeable
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _

FEE = "consultation"
"""The item of the price list that a visit is charged with when it is registered at the desk."""


class WalkIn(Input):
    """A patient who is there and wants to be seen today."""

    patient: str = Field(title=N_("Patient"), pattern=r"^Patient/", json_schema_extra={"widget": "hidden"})
    clinic: str = Field(title=N_("Clinic"), pattern=r"^Schedule/", json_schema_extra={"widget": "hidden"})


@command(
    "scheduling.walk_in",
    title=N_("Register for today"),
    permission="scheduling.window",
    done=N_("Registered; the number is on the slip"),
    tone="primary",
)
async def walk_in(context: Context, input: WalkIn) -> Resource:
    """Registers a patient for the next free place that a clinic has today, checks in, and charges the fee.

    At a device the fee is charged with the consultation. Refused as booking is; where the clinic is full, the message
    names the nearest free places.
    """
    await places.living(context, input.patient)
    slot = await _next_place(context, input.clinic)
    booked = await context.call("scheduling.book", patient=input.patient, slot=reference(slot))
    name = reference(booked)
    arrived = await context.call("scheduling.check_in", appointment=name)
    if context.actor.practitioner:
        visit = (await context.search("Encounter", [("appointment", name), ("_count", "1")])).resources[0]
        fee = {"item": FEE, "quantity": 1, "service": reference(visit), "once": True}
        await context.call("billing.charge", visit=reference(visit), **fee)
    return arrived


async def _next_place(context: Context, clinic: str) -> Resource:
    """The earliest place of today that the window may give out now, locked."""
    rules = await settings.read_rules(context)
    query = [("schedule", clinic), *context.on_day("start", context.today), ("status", ",".join(OPEN))]
    found = (await context.search("Slot", [*query, ("_sort", "start"), ("_count", "500")])).resources
    for slot in found:
        ahead = local(slot["end"], context.zone) > context.now
        if ahead and takeable(slot, context.now) and open_to(slot, "window", context.now, rules.release):
            locked = await context.read(reference(slot), lock=True)
            if takeable(locked, context.now):
                return locked
    schedule = await context.read(clinic)
    now = build.instant(context.now)
    stand_in = {
        "id": "",
        "schedule": build.reference(schedule),
        "specialty": schedule.get("specialty", []),
        "start": now,
    }
    raise await places.gone(context, stand_in, "window", _("This clinic has no free place today"))


async def slip(context: Context, appointment: str) -> Resource:
    """What the slip of a registration says: number, where to, whom for, and what is to be paid.

    `number`, `clinic`, `doctor`, `room`, `patient_name`, `visit_number`, `time`, `ahead` how many go before, `fee` the
    open charges, `state` of the appointment. Raises `Refused` for an appointment whose patient has not checked in.
    """
    held = await context.read(appointment)
    visits = (await context.search("Encounter", [("appointment", appointment), ("_count", "1")])).resources
    visit = reference(visits[0]) if visits else "Encounter/none"
    tasks = (await context.search("Task", [("focus", visit), ("_count", "1")])).resources
    if not tasks:
        raise Refused(_("The patient has not checked in"))
    charges = (await context.search("ChargeItem", [("context", visit), ("_count", "50")])).resources
    table, queue = context.registry.tables["charge"], context.registry.tables["queue"]
    actors = [entry.get("actor", {}) for entry in held.get("participant") or ()]
    owner = str(doctor_of(held).get("reference", "Practitioner/none"))
    ahead = [("owner", owner), ("_tag", f"{queue.tag('WAITING')},{queue.tag('CALLED')}"), ("_count", "500")]
    waiting = (await context.search("Task", ahead)).resources
    return {
        "visit": visit,
        "number": next((item["value"] for item in tasks[0].get("identifier") or ()), ""),
        "visit_number": next((item["value"] for item in visits[0].get("identifier") or ()), ""),
        "clinic": clinic_name(held),
        "doctor": str(doctor_of(held).get("display", "")),
        "room": next((a.get("display", "") for a in actors if a.get("reference", "").startswith("Location/")), ""),
        "patient_name": str(visits[0]["subject"].get("display", "")),
        "time": local(held["start"], context.zone).strftime("%Y-%m-%d %H:%M"),
        "ahead": max(0, len(waiting) - 1),
        "fee": sum(
            (build.amount(item.get("priceOverride")) for item in charges if _state(table.of(item)) == "PENDING"),
            start=build.amount(None),
        ),
        "paid": any(_state(table.of(item)) == "SETTLED" for item in charges),
    }


def _state(state: object) -> str:
    return str(getattr(state, "code", ""))
