"""Giving money back."""

from pydantic import Field

from xinglin.capabilities.billing import resources
from xinglin.capabilities.billing.commands import book
from xinglin.capabilities.billing.services import why_kept
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number


class Refund(Input):
    """Charges of an invoice to be refunded; none named means all that can still be."""

    invoice: str = Field(title=N_("Invoice"), pattern=r"^Invoice/", json_schema_extra={"widget": "hidden"})
    charges: list[str] = Field(
        default_factory=list, title=N_("Items"), json_schema_extra={"widget": "hidden"}, max_length=500
    )
    reason: str = Field(title=N_("Reason"), min_length=2, max_length=200)


@command("billing.refund", title=N_("Refund"), permission="billing.refund", done=N_("Refunded"), tone="danger")
async def refund(context: Context, input: Refund) -> Resource:
    """Refunds charges of an invoice by the way they were paid, with an invoice of its own.

    Refused for what was refunded already, and for what has been done and was not taken back: a medicine that was
    dispensed, a specimen that was collected, a consultation that has taken place.
    """
    paid = await context.read(input.invoice, lock=True)
    method = resources.extension(paid, resources.PAYMENT_METHOD).get("valueCode")
    if method is None or resources.extension(paid, resources.REFUND_OF):
        raise Refused(_("Only a payment can be refunded"), expression="invoice")
    items = [line["chargeItemReference"]["reference"] for line in paid.get("lineItem") or ()]
    unknown = sorted(set(input.charges) - set(items))
    if unknown:
        raise Refused(_("The invoice does not hold {items}").format(items=listed(unknown)), expression="charges")
    table = context.registry.tables["charge"]
    visit = (await context.read(items[0]))["context"]["reference"]
    await context.read(visit, lock=True)
    wanted = [await context.read(item, lock=True) for item in sorted(input.charges or items)]
    if not input.charges:
        wanted = [item for item in wanted if (state := table.of(item)) and state.code == "SETTLED"]
    if not wanted:
        raise Refused(_("Everything on this invoice has been refunded already"))
    for item in wanted:
        if reason := await why_kept(context, item):
            raise Refused(reason, expression="charges")
    refunded = [await context.move("charge", item) for item in wanted]
    number = f"INV{await next_number(context.connection, 'invoice'):010d}"
    credit = resources.invoice(
        number,
        refunded,
        context,
        sign=-1,
        extensions=[
            {"url": resources.PAYMENT_METHOD, "valueCode": method},
            {"url": resources.REFUND_OF, "valueReference": build.reference(input.invoice)},
        ],
        note=input.reason,
    )
    stored = await context.create(credit)
    await book(context, number, method, -resources.total(refunded))
    context.emit("billing.refunded", stored, key=visit, services=resources.services(refunded))
    return stored
