"""Finding the lines of a prescription by its number."""

from datetime import datetime

from xinglin.capabilities.pharmacy.resources import PRESCRIPTION_NUMBER
from xinglin.fhir.outcome import NotFound
from xinglin.fhir.types import Resource
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import listed
from xinglin.platform.i18n import gettext as _


async def lines(context: Context, number: str, *states: str) -> list[Resource]:
    """The lines of the prescription `number`, locked in the order of their ids; all of them, or those in `states`.

    Raises:
        NotFound: no prescription has this number. Refused: none of its lines is in one of `states`.
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
    if not states:
        return locked
    table = context.registry.tables["prescription"]
    fitting = [item for item in locked if (held := table.of(item)) and held.code in states]
    if not fitting:
        held = table.of(locked[0])
        raise Refused(
            _("{table} is in state '{state}'; this step is possible only in: {states}").format(
                table=f"{_(table.title)} {number}",
                state=_(held.title) if held else "—",
                states=listed(_(item.title) for item in table.states if item.code in states),
            )
        )
    return fitting


def valid_until(line: Resource) -> datetime | None:
    """Until when it can be fetched; None for what an earlier version wrote."""
    end = ((line.get("dispenseRequest") or {}).get("validityPeriod") or {}).get("end")
    return datetime.fromisoformat(end) if end else None


def refuse_expired(context: Context, line: Resource) -> None:
    """Refuses a prescription that is valid no longer."""
    until = valid_until(line)
    if until is not None and context.now > until:
        raise Refused(
            _("The prescription was valid until {until}; the doctor must prescribe anew").format(
                until=until.astimezone(context.zone).strftime("%Y-%m-%d")
            )
        )
