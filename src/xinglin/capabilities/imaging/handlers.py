"""What imaging does when the cashier has taken or given back money."""

from xinglin.capabilities.imaging.states import BEFORE
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, on, services_of


@on("billing.settled")
async def after_settlement(context: Context, event: Event) -> None:
    """Lets the examinations whose charges were settled be made."""
    for request in await _named(context, event, "CREATED"):
        await context.move("examination", request)


@on("billing.refunded")
async def after_refund(context: Context, event: Event) -> None:
    """Cancels the examinations whose charges were refunded before they began."""
    for request in await _named(context, event, *BEFORE):
        moved = await context.move("examination", request)
        context.emit("imaging.cancelled", moved, key=event.key)


async def _named(context: Context, event: Event, *states: str) -> list[Resource]:
    """The examinations that an event names and that are in one of these states, locked behind their visit."""
    held = await services_of(context, event, "ServiceRequest")
    table = context.registry.tables["examination"]
    return [each for each in held if (state := table.of(each)) and state.code in states]
