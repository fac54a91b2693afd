"""What the pharmacy does when the cashier has taken or given back money."""

from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, on


@on("billing.settled")
async def after_settlement(context: Context, event: Event) -> None:
    """Marks the prescription lines whose charges were settled as paid."""
    await _follow(context, event, frozenset({"REVIEWED"}), "pharmacy.paid")


@on("billing.refunded")
async def after_refund(context: Context, event: Event) -> None:
    """Cancels the prescription lines whose charges were refunded before they were dispensed."""
    await _follow(context, event, frozenset({"PAID", "DISPENSING"}), "pharmacy.cancelled")


async def _follow(context: Context, event: Event, states: frozenset[str], announce: str) -> None:
    table = context.registry.tables["prescription"]
    services = sorted(item for item in event.data["services"] if item.startswith("MedicationRequest/"))
    await context.read(event.key, lock=True)
    moved = None
    for reference in services:
        line = await context.read(reference, lock=True)
        state = table.of(line)
        if state is not None and state.code in states:
            moved = await context.move("prescription", line)
    if moved is not None:
        context.emit(announce, moved, key=event.key)
