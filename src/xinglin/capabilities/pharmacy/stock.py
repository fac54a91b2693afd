"""Goods that come in: packs of a batch with its expiry and price, for a place."""

from datetime import date, timedelta
from decimal import Decimal

from pydantic import Field, field_validator

from xinglin.capabilities.pharmacy import batches
from xinglin.capabilities.pharmacy.batches import PLACES, Batch
from xinglin.capabilities.pharmacy.commands import one_of, read_medicine
from xinglin.fhir.types import Resource
from xinglin.kernel.command import Input, command, select
from xinglin.kernel.context import Context
from xinglin.kernel.errors import Refused
from xinglin.kernel.text import N_
from xinglin.platform.i18n import gettext as _
from xinglin.platform.numbers import next_number

LONGEST_SHELF_LIFE = timedelta(days=3653)


class ReceiveStock(Input):
    """Packs that came from a supplier."""

    medicine: str = Field(
        title=N_("Medicine"), json_schema_extra={"widget": "search", "source": "pharmacy.formulary_search"}
    )
    packs: int = Field(title=N_("Packs"), ge=1, le=100000)
    batch: str = Field(title=N_("Batch"), pattern=rf"^{batches.LOT.pattern}$")
    expiry: date = Field(title=N_("Expiry"))
    place: str = Field("store", title=N_("Place"), json_schema_extra=select(PLACES.items()))
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

    @field_validator("place")
    @classmethod
    def _place(cls, value: str) -> str:
        return one_of(value, dict(PLACES))


@command("pharmacy.receive_stock", title=N_("Receive stock"), permission="pharmacy.stock", done=N_("Stock received"))
async def receive_stock(context: Context, input: ReceiveStock) -> Resource:
    """Receives packs of a batch into the stock of a place, by a purchase order or without one.

    Refused when the batch has expired, or its expiry can't be right.
    """
    medicine = await read_medicine(context, input.medicine)
    if input.expiry < context.today:
        raise Refused(_("This batch expired on {day}").format(day=input.expiry.isoformat()), expression="expiry")
    if input.expiry > context.today + LONGEST_SHELF_LIFE:
        raise Refused(_("No medicine keeps for more than ten years; please check the date"), expression="expiry")
    number = f"GR{await next_number(context.connection, 'goods-receipt'):08d}"
    batch = Batch(batches.SUPPLIER, medicine.code, input.expiry, input.batch, Decimal(input.packs))
    await batches.move(context, number, [batch], input.place, f"batch {input.batch}")
    return medicine.to_resource()
