"""What the treatment room does when the cashier has taken or given back money."""

from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, on, services_of


@on("billing.settled")
async def after_settlement(context: Context, event: Event) -> None:
    """Lets the treatments whose charges were settled be carried out."""
    for request in await _named(context, event, "CREATED"):
        await context.move("treatment", request)


@on("billing.refunded")
async def after_refund(context: Context, event: Event) -> None:
    """Cancels the treatments whose charges were refunded before they were carried out."""
    for request in await _named(context, event, "PAID"):
        moved = await context.move("treatment", request)
        context.emit("treatments.cancelled", moved, key=event.key)


async def _named(context: Context, event: Event, *states: str) -> list[Resource]:
    """The treatments that an event names and that are in one of these states, locked behind their visit."""
    held = await services_of(context, event, "ServiceRequest")
    table = context.registry.tables["treatment"]
    return [each for each in held if (state := table.of(each)) and state.code in states]
