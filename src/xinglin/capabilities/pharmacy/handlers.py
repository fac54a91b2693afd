"""What the pharmacy does when the cashier has taken or given back money."""

from xinglin.capabilities.pharmacy.reserving import release, reserve
from xinglin.capabilities.pharmacy.resources import TICKET, by_medicine, ticket
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context, reference
from xinglin.kernel.event import Event, on, services_of
from xinglin.platform.numbers import next_number


@on("billing.settled")
async def after_settlement(context: Context, event: Event) -> None:
    """Marks the prescription lines whose charges were settled as paid, keeps their medicines for the patient, and
    gives the number under which they are called to the window.

    Where the stock does not suffice any more, the line is paid all the same; who prepares it will see.
    """
    lines = await _standing(context, event, frozenset({"REVIEWED"}))
    number = await _ticket(context, lines) if lines else ""
    moved = None
    for line in lines:
        changed = context.moved("prescription", line)
        held = [each for each in changed.get("identifier") or () if each.get("system") != TICKET]
        moved = await context.update({**changed, "identifier": [*held, build.identifier(TICKET, number)]})
        await reserve(context, moved)
    if moved is not None:
        context.emit("pharmacy.paid", moved, key=event.key)


async def _ticket(context: Context, lines: list[Resource]) -> str:
    """The visit's number of this day, which further prescriptions of the visit share."""
    found = await context.search(
        "MedicationRequest", [("encounter", lines[0]["encounter"]["reference"]), ("_count", "200")]
    )
    day = context.today.strftime("%m%d")
    known = next((held for each in found.resources if (held := ticket(each)).startswith(day)), None)
    return known or f"{day}-{await next_number(context.connection, f'pharmacy-ticket-{context.today:%y%m%d}'):03d}"


@on("billing.refunded")
async def after_refund(context: Context, event: Event) -> None:
    """Cancels the prescription lines whose charges were refunded before they were dispensed, and releases what was kept
    for them."""
    moved = None
    for line in await _standing(context, event, frozenset({"PAID", "DISPENSING"})):
        moved = await context.move("prescription", line)
        await release(context, moved)
        await _cancel_picking(context, moved)
    if moved is not None:
        context.emit("pharmacy.cancelled", moved, key=event.key)


async def _cancel_picking(context: Context, line: Resource) -> None:
    found = await context.search("MedicationDispense", [("prescription", reference(line)), ("status", "in-progress")])
    for each in found.resources:
        await context.update({**each, "status": "cancelled"})


async def _standing(context: Context, event: Event, states: frozenset[str]) -> list[Resource]:
    """The lines that the event is about and that are in one of `states`, locked after their visit, by medicine."""
    table = context.registry.tables["prescription"]
    held = await services_of(context, event, "MedicationRequest")
    return by_medicine(line for line in held if (state := table.of(line)) is not None and state.code in states)
