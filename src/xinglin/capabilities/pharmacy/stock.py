"""Goods that come in: ordered, received with batch, expiry and price; and from when on more are ordered."""

from datetime import date, timedelta
from decimal import Decimal

from pydantic import Field, field_validator

from xinglin.capabilities.pharmacy import batches, supplies
from xinglin.capabilities.pharmacy.batches import PLACES, Batch
from xinglin.capabilities.pharmacy.commands import one_of, read_medicine
from xinglin.fhir import build
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

LONGEST_SHELF_LIFE = timedelta(days=3653)


class OfMedicine(Input):
    """A medicine of the formulary."""

    medicine: str = Field(
        title=N_("Medicine"), json_schema_extra={"widget": "search", "source": "pharmacy.formulary_search"}
    )


class AtPlace(OfMedicine):
    """A medicine at a place."""

    place: str = Field("store", title=N_("Storeroom"), json_schema_extra=select(PLACES.items()))

    @field_validator("place")
    @classmethod
    def _place(cls, value: str) -> str:
        return one_of(value, dict(PLACES))


class OrderStock(AtPlace):
    """Packs that a supplier shall bring."""

    packs: int = Field(title=N_("Packs"), ge=1, le=100000)
    supplier: str = Field(title=N_("Supplier"), min_length=2, max_length=80)


@command("pharmacy.order_stock", title=N_("Order stock"), permission="pharmacy.stock", done=N_("Ordered"))
async def order_stock(context: Context, input: OrderStock) -> Resource:
    """Orders packs of a medicine from a supplier."""
    medicine = await read_medicine(context, input.medicine)
    number = f"PO{await next_number(context.connection, 'purchase-order'):08d}"
    wanted = supplies.order(number, medicine, input.packs, input.supplier, input.place, context)
    return await context.create(context.moved("purchase", wanted))


class Order(Input):
    """A purchase order."""

    order: str = Field(title=N_("Purchase order"), pattern=r"^SupplyRequest/", json_schema_extra={"widget": "hidden"})


@command(
    "pharmacy.cancel_order",
    title=N_("Cancel order"),
    permission="pharmacy.stock",
    done=N_("Order cancelled"),
    tone="danger",
)
async def cancel_order(context: Context, input: Order) -> Resource:
    """Cancels what of an order has not come."""
    return await context.move("purchase", await context.read(input.order, lock=True))


class ReceiveStock(AtPlace):
    """Packs that came from a supplier, by an order or without one."""

    packs: int = Field(title=N_("Packs"), ge=1, le=100000)
    batch: str = Field(title=N_("Batch"), pattern=rf"^{batches.LOT.pattern}$")
    expiry: date = Field(title=N_("Expiry"))
    price: Decimal | None = Field(
        None,
        title=N_("Purchase price of a pack"),
        ge=0,
        le=1000000,
        decimal_places=4,
        json_schema_extra={"widget": "money"},
    )
    order: str | None = Field(
        None, title=N_("Purchase order"), pattern=r"^SupplyRequest/", json_schema_extra={"widget": "hidden"}
    )


@command("pharmacy.receive_stock", title=N_("Receive stock"), permission="pharmacy.stock", done=N_("Stock received"))
async def receive_stock(context: Context, input: ReceiveStock) -> Resource:
    """Receives packs of a batch into the stock of a place, by a purchase order or without one.

    Refused when the batch has expired, its expiry can't be right, or more comes than was ordered.
    """
    medicine = await read_medicine(context, input.medicine)
    if input.expiry < context.today:
        raise Refused(_("This batch expired on {day}").format(day=input.expiry.isoformat()), expression="expiry")
    if input.expiry > context.today + LONGEST_SHELF_LIFE:
        raise Refused(_("No medicine keeps for more than ten years; please check the date"), expression="expiry")
    if input.order:
        await _fulfil(context, input.order, medicine.code, input.packs)
    number = f"GR{await next_number(context.connection, 'goods-receipt'):08d}"
    batch = Batch(batches.SUPPLIER, medicine.code, input.expiry, input.batch, Decimal(input.packs))
    await batches.move(context, input.order or number, [batch], input.place, "receipt")
    receipt = supplies.delivery(
        "receipt", medicine, [batch], input.place, context, number=number, order=input.order, price=input.price
    )
    return await context.create({**receipt, "status": "completed"})


async def _fulfil(context: Context, order: str, code: str, packs: int) -> None:
    """Counts a receipt towards its order, which is done when all of it has come."""
    wanted = await context.read(order, lock=True)
    state = context.registry.tables["purchase"].of(wanted)
    if state is None or state.code != "ORDERED" or build.first_code(wanted.get("itemCodeableConcept")) != code:
        raise Refused(_("This order is closed, or for another medicine"), expression="order")
    rest = build.amount(wanted["quantity"]) - await came(context, order)
    if packs > rest:
        text = _("{rest} packs of this order have not come yet, not {packs}").format(rest=int(rest), packs=packs)
        raise Refused(text, expression="packs")
    if packs == rest:
        await context.move("purchase", wanted)


async def came(context: Context, order: str) -> Decimal:
    """How many packs of an order have come."""
    moved = await context.books.moved(order)
    return -sum(
        (packs for account, packs in moved.items() if batches.parse(account).place == batches.SUPPLIER), Decimal(0)
    )


class SetReorder(AtPlace):
    """Fewer packs than `point` are filled up to `upto`."""

    point: int = Field(title=N_("Reorder below, packs"), ge=0, le=100000)
    upto: int = Field(title=N_("Fill up to, packs"), ge=1, le=100000)


@command(
    "pharmacy.set_reorder", title=N_("Set reorder point"), permission="pharmacy.stock", done=N_("Reorder point set")
)
async def set_reorder(context: Context, input: SetReorder) -> Resource:
    """Sets from when on a medicine is ordered, or fetched from the store, and up to how many packs. 0: never."""
    if input.upto <= input.point:
        raise Refused(_("More must be filled up to than the point at which it is ordered"), expression="upto")
    await read_medicine(context, input.medicine)
    medication = await context.read(f"Medication/{input.medicine}", lock=True)
    others = [
        each
        for each in medication.get("extension") or ()
        if each.get("url") != supplies.REORDER or each["extension"][0]["valueCode"] != input.place
    ]
    parts = [
        {"url": "place", "valueCode": input.place},
        {"url": "point", "valueInteger": input.point},
        {"url": "upto", "valueInteger": input.upto},
    ]
    return await context.update({**medication, "extension": [*others, {"url": supplies.REORDER, "extension": parts}]})
