"""What the laboratory does when the cashier has taken or given back money."""

from xinglin.capabilities.laboratory import specimens
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.event import Event, on, services_of


@on("billing.settled")
async def after_settlement(context: Context, event: Event) -> None:
    """Lets the tests whose charges were settled be collected."""
    for request in await _named(context, event, "CREATED"):
        await context.move("test", request)


@on("billing.refunded")
async def after_refund(context: Context, event: Event) -> None:
    """Cancels the tests whose charges were refunded before they were collected, and tubes that nobody needs any
    more."""
    requests = await _named(context, event, "PAID", "REJECTED")
    for request in requests:
        moved = await context.move("test", request)
        context.emit("laboratory.cancelled", moved, key=event.key)
    for name in sorted({name for request in requests if (name := specimens.specimen_of(request))}):
        specimen = await context.read(name, lock=True)
        state = context.registry.tables["specimen"].of(specimen)
        others = await context.read_many(specimens.requests_of(specimen))
        unneeded = all(other["status"] == "revoked" for other in others.values())
        if state is not None and state.code == "LABELLED" and unneeded:
            await context.move("specimen", specimen)


async def _named(context: Context, event: Event, *states: str) -> list[Resource]:
    """The tests that an event names and that are in one of these states, locked behind their visit."""
    held = await services_of(context, event, "ServiceRequest")
    return specimens.in_state(context, held, *states)
