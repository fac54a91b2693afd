"""Charging and settling."""

from decimal import Decimal

from pydantic import Field, field_validator

from xinglin.capabilities.billing import price_list, prices, resources
from xinglin.fhir import build
from xinglin.fhir.outcome import Issue, operation_outcome
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number


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


class Settle(Input):
    """The open charges of a visit, paid in one go. `total` is what the cashier saw and took."""

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    total: Decimal = Field(title=N_("Total"), ge=0, decimal_places=2, json_schema_extra={"widget": "hidden"})
    method: str = Field(
        "qr",
        title=N_("Payment method"),
        json_schema_extra=select(resources.METHODS.items()),
    )
    tendered: Decimal | None = Field(
        None, title=N_("Cash received"), ge=0, le=1000000, decimal_places=2, json_schema_extra={"widget": "money"}
    )

    @field_validator("method")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in resources.METHODS:
            raise ValueError(_("must be one of {expected}").format(expected=listed(resources.METHODS)))
        return value


@command("billing.settle", title=N_("Settle"), permission="billing.settle", done=N_("Paid"), tone="primary")
async def settle(context: Context, input: Settle) -> Resource:
    """Settles all open charges of a visit with one invoice and books the money.

    Refused when the sum is not what the cashier saw (a charge came or went meanwhile), or when the cash does not
    suffice.
    """
    # The visit's lock keeps two cashiers from taking the same money twice.
    await context.read(input.visit, lock=True)
    pending = await open_charges(context, input.visit)
    if not pending:
        raise Refused(_("This visit has no open charges"))
    total = resources.total(pending)
    if total != input.total:
        raise Refused(
            _("The charges have changed: {now} instead of {seen}. Please look again").format(
                now=total, seen=input.total
            ),
            expression="total",
        )
    if input.method == "cash" and input.tendered is not None and input.tendered < total:
        raise Refused(_("{missing} are missing").format(missing=total - input.tendered), expression="tendered")
    settled = [await context.move("charge", item) for item in pending]
    number = f"INV{await next_number(context.connection, 'invoice'):010d}"
    extensions = [{"url": resources.PAYMENT_METHOD, "valueCode": input.method}]
    if input.method == "cash" and input.tendered is not None:
        extensions.append({"url": resources.TENDERED, "valueMoney": build.money(input.tendered)})  # type: ignore[dict-item]
    invoice = await context.create(resources.invoice(number, settled, context, sign=1, extensions=extensions))
    await book(context, number, input.method, total)
    context.emit("billing.settled", invoice, key=input.visit, services=resources.services(settled))
    return invoice


async def open_charges(context: Context, visit: str) -> list[Resource]:
    """The visit's charges that nobody has paid, locked."""
    table = context.registry.tables["charge"]
    found = await context.search(
        "ChargeItem", [("context", visit), ("_tag", table.tag("PENDING")), ("_sort", "_id"), ("_count", "500")]
    )
    return [await context.read(f"ChargeItem/{item['id']}", lock=True) for item in found.resources]


async def book(context: Context, number: str, method: str, total: Decimal) -> None:
    """Books `total` (negative: a refund) from the hospital's income to the account of a payment method."""
    if total == 0:
        return
    account = resources.method_account(method)
    for code in (account, resources.INCOME):
        await context.books.open_account(code, "money", "CNY")
    await context.books.post(number, [(account, total, "CNY"), (resources.INCOME, -total, "CNY")])
