"""Charging."""

from pydantic import Field

from xinglin.capabilities.billing import price_list, prices, resources
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _


class Charge(Input):
    """Something that costs money. With `once`, an item that the visit is charged for already is left out."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/")
    item: str = Field(title=N_("Item"))
    quantity: int = Field(1, title=N_("Quantity"), ge=1, le=1000)
    service: str = Field(title=N_("Service"), pattern=r"^[A-Za-z]+/[A-Za-z0-9.\-]{1,64}$")
    once: bool = Field(False, title=N_("Once"))


@command("billing.charge", title=N_("Charge"), permission="billing.charge", done=N_("Charged"))
async def charge(context: Context, input: Charge) -> Resource:
    """Charges a visit for a service at the price of now; the price stays with the charge whatever happens to the list.

    Which price holds may depend on campus, payer, the doctor's title, the patient's age and the day. Refused where the
    price list does not hold the item today.
    """
    definition = (await price_list.current(context, [input.item])).get(input.item)
    if definition is None:
        raise Refused(_("The price list holds no item {item}").format(item=input.item), expression="item")
    if input.once and await _charged(context, input.visit, input.item):
        return operation_outcome([Issue("information", "informational", _("Charged already"))])
    encounter = await context.read(input.visit)
    price = await price_list.price_for(context, definition, encounter)
    item = resources.charge(encounter, definition, price, input.quantity, input.service, context)
    return await context.create(context.moved("charge", item))


async def _charged(context: Context, visit: str, item: str) -> bool:
    table = context.registry.tables["charge"]
    found = await context.search(
        "ChargeItem",
        [
            ("context", visit),
            ("code", f"{prices.CHARGE_CODE}|{item}"),
            ("_tag", f"{table.tag('PENDING')},{table.tag('SETTLED')}"),
            ("_count", "1"),
        ],
    )
    return bool(found.resources)
