"""What happens to a visit when the cashier and the pharmacy have done their part."""

from xinglin.capabilities.outpatient import visits
from xinglin.capabilities.outpatient.states import AFTER_CONSULT
from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, on


@on(
    "billing.settled",
    "billing.refunded",
    "pharmacy.paid",
    "pharmacy.cancelled",
    "pharmacy.dispensed",
    "pharmacy.returned",
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


def _with_end(context: Context, encounter: dict, target: str) -> dict:  # type: ignore[type-arg]
    period = {name: value for name, value in (encounter.get("period") or {}).items() if name != "end"}
    if target == "FINISHED":
        period["end"] = context.now.isoformat(timespec="seconds")
    return {**encounter, "period": period}
