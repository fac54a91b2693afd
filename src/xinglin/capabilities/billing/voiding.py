"""What becomes of a visit's charges when it does not take place."""

from pydantic import Field

from xinglin.capabilities.billing import refunds, resources
from xinglin.capabilities.billing.services import why_kept
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context, reference
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class VoidCharges(Input):
    """A visit that does not take place. With `refund`, what was paid is owed to the patient."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)
    refund: bool = Field(True, title=N_("Refund"))


@command("billing.void", title=N_("Void charges"), permission="billing.refund", done=N_("Charges voided"))
async def void(context: Context, input: VoidCharges) -> Resource:
    """Voids what a visit owes. What was paid and has not been done waits at the cashier as an approved refund."""
    await context.read(input.visit, lock=True)
    table = context.registry.tables["charge"]
    found = await context.search("ChargeItem", [("context", input.visit), ("_sort", "_id"), ("_count", "500")])
    charges = [await context.read(reference(item), lock=True) for item in found.resources]
    states = {reference(item): state.code for item in charges if (state := table.of(item))}
    for item in charges:
        if states.get(reference(item)) == "PENDING":
            await context.move("charge", item)
    settled = [
        item for item in charges if states.get(reference(item)) == "SETTLED" and not await why_kept(context, item)
    ]
    if input.refund and settled:
        await _owe(context, settled, input.reason)
    return operation_outcome([Issue("information", "informational", _("Charges voided"))])


async def _owe(context: Context, charges: list[Resource], reason: str) -> None:
    """Hands in the refund of paid charges, invoice by invoice."""
    wanted = {reference(item) for item in charges}
    query = [("subject", charges[0]["subject"]["reference"]), ("_sort", "-date"), ("_count", "200")]
    for invoice in (await context.search("Invoice", query)).resources:
        held = {line["chargeItemReference"]["reference"] for line in invoice.get("lineItem") or ()} & wanted
        if held and not resources.extension(invoice, resources.REFUND_OF):
            await refunds.owe(context, reference(invoice), sorted(held), reason)
            wanted -= held
