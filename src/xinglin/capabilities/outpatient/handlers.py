"""What happens to a visit when the cashier, the pharmacy and the laboratory have done their part."""

from datetime import datetime

from xinglin.capabilities.outpatient import resources, visits
from xinglin.capabilities.outpatient.states import AFTER_CONSULT
from xinglin.fhir import build
from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, on


@on(
    "billing.settled",
    "billing.refunded",
    "pharmacy.paid",
    "pharmacy.cancelled",
    "pharmacy.dispensed",
    "pharmacy.returned",
    "laboratory.reported",
    "laboratory.cancelled",
    "imaging.reported",
    "imaging.cancelled",
)
async def advance(context: Context, event: Event) -> None:
    """Moves a visit on to where its bills and medicines say it stands; a visit in consultation is left alone."""
    encounter = await context.read(event.key, lock=True)
    state = context.registry.tables["visit"].of(encounter)
    if state is None or state.code not in AFTER_CONSULT:
        return
    target = await visits.standing(context, event.key)
    if target != state.code:
        moved = context.moved("visit", encounter, to=target)
        await context.update(_with_end(context, moved, target))


@on("laboratory.reported", "imaging.reported")
async def bring_back(context: Context, event: Event) -> None:
    """Puts a patient whose results are all there into the doctor's queue again, on the day of the visit; one who is
    with the doctor still is marked there."""
    encounter = await context.read(event.key, lock=True)
    begun = datetime.fromisoformat(encounter["period"]["start"]).astimezone(context.zone)
    if begun.date() != context.today or await visits.under_way(context, event.key):
        return
    table = context.registry.tables["queue"]
    place = await visits.queue_place(context, event.key)
    state, visit = table.of(place), context.registry.tables["visit"].of(encounter)
    if state is None or visit is None:
        return
    if state.code == "SERVED" and visit.code in AFTER_CONSULT:
        await context.call("outpatient.rejoin", visit=event.key)
    elif state.code == "SERVING" and not resources.returns(place):
        await context.update({**place, "businessStatus": resources.READY, "lastModified": build.instant(context.now)})


def _with_end(context: Context, encounter: dict, target: str) -> dict:  # type: ignore[type-arg]
    period = {name: value for name, value in (encounter.get("period") or {}).items() if name != "end"}
    if target == "FINISHED":
        period["end"] = context.now.isoformat(timespec="seconds")
    return {**encounter, "period": period}
