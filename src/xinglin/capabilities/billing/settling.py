"""Taking money: the open charges of a visit, chosen or all, by one way or several, on one invoice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import Field, field_validator

from xinglin.capabilities.billing import payments, resources, shifts
from xinglin.capabilities.billing.payments import Payment
from xinglin.fhir import build
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_, listed
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

MONEY = {"widget": "money"}


class Bill(Input):
    """Open charges of a visit, all or those that are named. `total` is what the cashier saw.

    With amounts for several methods, they have to come to the total; cash takes what the others leave.
    """

    visit: str = Field(title=N_("Visit"), pattern=r"^Encounter/", json_schema_extra={"widget": "hidden"})
    total: Decimal = Field(title=N_("Total"), ge=0, decimal_places=2, json_schema_extra={"widget": "hidden"})
    charges: list[str] = Field(
        default_factory=list, title=N_("Items"), max_length=500, json_schema_extra={"widget": "hidden"}
    )
    cash: Decimal | None = Field(None, title=N_("Cash"), ge=0, decimal_places=2, json_schema_extra=dict(MONEY))
    card: Decimal | None = Field(None, title=N_("Bank card"), ge=0, decimal_places=2, json_schema_extra=dict(MONEY))
    qr: Decimal | None = Field(None, title=N_("Mobile payment"), ge=0, decimal_places=2, json_schema_extra=dict(MONEY))

    @property
    def given(self) -> dict[str, Decimal | None]:
        """The amounts that are given for methods."""
        return {"cash": self.cash, "card": self.card, "qr": self.qr}


class Settle(Bill):
    """Charges that are paid at the counter."""

    method: str = Field("qr", title=N_("Payment method"), json_schema_extra=select(resources.METHODS.items()))
    tendered: Decimal | None = Field(
        None, title=N_("Cash received"), ge=0, le=1000000, decimal_places=2, json_schema_extra=dict(MONEY)
    )

    @field_validator("method")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in resources.METHODS:
            raise ValueError(_("must be one of {expected}").format(expected=listed(resources.METHODS)))
        return value


@command("billing.settle", title=N_("Settle"), permission="billing.settle", done=N_("Paid"), tone="primary")
async def settle(context: Context, input: Settle) -> Resource:
    """Settles open charges of a visit with one invoice and books the money, in the cashier's shift.

    Refused when the sum is not what the cashier saw (a charge came or went meanwhile), when a payment of the same
    charges is on its way, or when the cash does not suffice. Cash is rounded to ten fen.
    """
    chosen = await chosen_charges(context, input.visit, input.charges, input.total)
    parts = payments.split(input.total, input.method, input.given)
    methods = [method for method in resources.METHODS if method != "qr" or not gateway_there(context)]
    payments.check_methods(parts, methods)
    cash = sum((part.amount for part in parts if part.method == "cash"), Decimal(0))
    if input.tendered is not None and input.tendered < cash:
        raise Refused(_("{missing} are missing").format(missing=cash - input.tendered), expression="tendered")
    shift = await shifts.working(context)
    taker = Taker(shifts.cashier_of(context), context.actor.name, shift)
    tendered = input.tendered if cash else None
    return await conclude(context, input.visit, chosen, parts, taker, tendered=tendered)


def gateway_there(context: Context) -> bool:
    """Whether mobile payments go through a gateway, and not over a terminal that stands alone."""
    return context.settings.payment_url is not None


async def chosen_charges(context: Context, visit: str, named: Sequence[str], total: Decimal) -> list[Resource]:
    """The open charges of a visit that are to be paid, all or those that are named, locked with their visit.

    Refused where there are none, where they do not come to `total`, and where a payment of one is on its way.
    """
    # The visit's lock keeps two cashiers from taking the same money twice.
    await context.read(visit, lock=True)
    pending = await open_charges(context, visit)
    if named:
        unknown = sorted(set(named) - {f"ChargeItem/{item['id']}" for item in pending})
        if unknown:
            text = _("These items are not open any more: {items}. Please look again")
            raise Refused(text.format(items=listed(unknown)), expression="charges")
        pending = [item for item in pending if f"ChargeItem/{item['id']}" in named]
    if not pending:
        raise Refused(_("This visit has no open charges"))
    held = await under_way(context, visit)
    for item in pending:
        if number := held.get(f"ChargeItem/{item['id']}"):
            raise Refused(_("Payment {number} of these items is on its way").format(number=number))
    now = resources.total(pending)
    if now != total:
        text = _("The charges have changed: {now} instead of {seen}. Please look again")
        raise Refused(text.format(now=now, seen=total), expression="total")
    return pending


async def open_charges(context: Context, visit: str) -> list[Resource]:
    """The visit's charges that nobody has paid, locked."""
    table = context.registry.tables["charge"]
    found = await context.search(
        "ChargeItem", [("context", visit), ("_tag", table.tag("PENDING")), ("_sort", "_id"), ("_count", "500")]
    )
    return [await context.read(f"ChargeItem/{item['id']}", lock=True) for item in found.resources]


PAYMENT_NUMBER = "urn:xinglin:id:payment"
UNDER_WAY = ("CREATED", "PENDING", "UNKNOWN")


async def under_way(context: Context, visit: str) -> dict[str, str]:
    """Charges of a visit of which a payment has no end yet, with the number of that payment."""
    table = context.registry.tables["payment"]
    tags = ",".join(table.tag(code) for code in UNDER_WAY)
    found = await context.search("Task", [("encounter", visit), ("_tag", tags), ("_count", "100")])
    return {
        part["valueReference"]["reference"]: build.find_identifier(task, PAYMENT_NUMBER) or ""
        for task in found.resources
        for part in task.get("input") or ()
        if "valueReference" in part
    }


@dataclass(frozen=True)
class Taker:
    """Who takes or gives money: the cashier's reference and name, and the shift, where one is open."""

    cashier: str
    name: str
    shift: Resource | None


async def conclude(
    context: Context,
    visit: str,
    charges: Sequence[Resource],
    parts: Sequence[Payment],
    taker: Taker,
    *,
    tendered: Decimal | None = None,
) -> Resource:
    """Moves charges to settled, writes their invoice, books its payments and tells of it."""
    settled = [await context.move("charge", item) for item in charges]
    number = await invoice_number(context)
    extensions = invoice_extensions(parts)
    if tendered is not None:
        extensions.append({"url": resources.TENDERED, "valueMoney": build.money(tendered)})
    invoice = resources.invoice(number, settled, context, sign=1, extensions=extensions)
    stored = await context.create(taken_by(invoice, taker))
    await payments.book(context, number, parts, taker.cashier)
    context.emit("billing.settled", stored, key=visit, services=resources.services(settled))
    return stored


async def invoice_number(context: Context) -> str:
    """The next number of the series of invoices, which has no gaps."""
    return f"INV{await next_number(context.connection, 'invoice'):010d}"


def invoice_extensions(parts: Iterable[Payment]) -> list[dict[str, Any]]:
    """By which ways an invoice is paid, as it keeps it."""
    held = list(parts)
    return [
        {"url": resources.PAYMENT_METHOD, "valueCode": payments.summary(held)},
        *(part.extension() for part in held),
    ]


def taken_by(invoice: Resource, taker: Taker) -> Resource:
    """An invoice with who took the money, and in which shift."""
    found = {**invoice, "participant": [{"actor": build.reference(taker.cashier, taker.name)}]}
    if taker.shift is not None:
        found["account"] = build.reference(taker.shift)
    return found


def check_amounts(input: Bill, method: str) -> None:
    """Refuses a bill for the gateway that leaves it nothing to pay."""
    if any(input.given.values()) and not input.given.get(method):
        raise BadRequest(_("Name the amount that is paid by code"), expression=method)
