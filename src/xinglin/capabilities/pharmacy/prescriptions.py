"""Finding the lines of a prescription by its number."""

from xinglin.capabilities.pharmacy.resources import PRESCRIPTION_NUMBER
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.platform.i18n import gettext as _


async def lines(context: Context, number: str, *, state: str | None = None) -> list[Resource]:
    """The lines of the prescription `number`, locked in the order of their ids; all of them, or those in `state`.

    Raises:
        NotFound: no prescription has this number. Refused: none of its lines is in `state`.
    """
    found = await context.search(
        "MedicationRequest", [("identifier", f"{PRESCRIPTION_NUMBER}|{number}"), ("_count", "100")]
    )
    if not found.resources:
        raise NotFound(_("There is no prescription {number}").format(number=number))
    # Whoever changes a prescription holds its visit first, so that cashier and pharmacist come one after the other.
    await context.read(found.resources[0]["encounter"]["reference"], lock=True)
    locked = [
        await context.read(f"MedicationRequest/{id}", lock=True)
        for id in sorted(item["id"] for item in found.resources)
    ]
    if state is None:
        return locked
    table = context.registry.tables["prescription"]
    fitting = [item for item in locked if (held := table.of(item)) and held.code == state]
    if not fitting:
        held = table.of(locked[0])
        raise Refused(
            _("{table} is in state '{state}'; this step is possible only in: {states}").format(
                table=f"{_(table.title)} {number}",
                state=_(held.title) if held else "—",
                states=_(next(item.title for item in table.states if item.code == state)),
            )
        )
    return fitting


async def move_all(context: Context, number: str, state: str) -> list[Resource]:
    """Takes all lines of a prescription that are in `state` to their next state by the step that runs now."""
    return [await context.move("prescription", line) for line in await lines(context, number, state=state)]
